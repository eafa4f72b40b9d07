# For docker and Kubernetes pools, where the flow run itself is the container: NeMo's image with
# Prefect and the flywheel in an environment of their own, so that neither disturbs the other.
#   docker build -f deployments/images/gpu.Dockerfile -t clinical-asr-flywheel-gpu .
ARG NEMO=nvcr.io/nvidia/nemo:25.11.01
FROM ${NEMO}
WORKDIR /opt/clinical-asr-flywheel
COPY pyproject.toml constraints.txt README.md ./
COPY flows flows
COPY tasks tasks
RUN python -m venv /opt/flywheel \
 && /opt/flywheel/bin/pip install --no-cache-dir -c constraints.txt -e .
ENV PATH=/opt/flywheel/bin:$PATH \
    FLYWHEEL_RUNNER=local \
    FLYWHEEL_NEMO_PYTHON=/usr/bin/python \
    FLYWHEEL_NEMO_SCRIPTS=/opt/NeMo/examples/asr
