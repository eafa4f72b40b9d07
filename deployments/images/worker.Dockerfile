# A worker that orchestrates: no torch, no NeMo. With the engine's socket it starts NeMo containers.
#   docker build -f deployments/images/worker.Dockerfile -t clinical-asr-flywheel-worker .
FROM python:3.11-slim
WORKDIR /opt/clinical-asr-flywheel
COPY pyproject.toml constraints.txt README.md prefect.yaml ./
COPY flows flows
COPY tasks tasks
COPY deployments deployments
RUN pip install --no-cache-dir -c constraints.txt -e '.[riva,speech,tracking,import]'
