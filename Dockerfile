# The kit as a container image. docs/how-to/containers.md shows how to run it.
FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /opt/workerkit \
    && /opt/workerkit/bin/pip install --no-cache-dir --constraint constraints.txt '.[all]'

FROM python:3.13-slim
# tini is process 1: it passes signals on, and takes away the processes that others left.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin workerkit
COPY --from=build /opt/workerkit /opt/workerkit
# Only /tmp is written, so that the root file system can be read-only.
ENV PATH=/opt/workerkit/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    WORKERKIT_READY_FILE=/tmp/workerkit-ready.json
USER 10001:10001
WORKDIR /work
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["workerkit", "health"]
ENTRYPOINT ["tini", "--", "workerkit"]
CMD ["serve", "--host", "0.0.0.0", "--control-token-file", "/run/secrets/control-token"]
