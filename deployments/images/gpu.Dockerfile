# For docker and Kubernetes pools, where the flow run itself is the container: NeMo's image with
# Prefect and the flywheel in an environment of their own, so that neither disturbs the other.
#   docker build -f deployments/images/gpu.Dockerfile -t clinical-asr-flywheel-gpu .
ARG NEMO=nvcr.io/nvidia/nemo:25.11.01
FROM ${NEMO}
WORKDIR /opt/clinical-asr-flywheel
COPY pyproject.toml constraints.txt README.md ./
COPY flows flows
COPY tasks tasks
RUN python -m venv --without-pip /opt/flywheel \
 && pip --python /opt/flywheel/bin/python install --no-cache-dir -c constraints.txt -e . \
 && printf '#!/bin/sh\nexec %s "$@"\n' "$(command -v python)" >/usr/local/bin/nemo-python \
 && chmod +x /usr/local/bin/nemo-python \
 && install -d -m 1777 /home/flywheel
# Whatever user it runs as has a home to write to and a name, which Prefect, torch and numba ask for.
ENV PATH=/opt/flywheel/bin:$PATH \
    HOME=/home/flywheel USER=flywheel LOGNAME=flywheel \
    FLYWHEEL_RUNNER=local \
    FLYWHEEL_NEMO_PYTHON=/usr/local/bin/nemo-python \
    FLYWHEEL_NEMO_SCRIPTS=/opt/NeMo/examples/asr
