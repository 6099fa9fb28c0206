# Two images, neither of which needs to write, to be root or to have a capability:
#   docker build --target operator --tag tunewright/operator:0.1.0 .
#   docker build --target trainer --tag tunewright/trainer:0.1.0 .
# Layers go by how often they change: what is installed first, Tunewright's own code last.
# Where pip needs settings of yours: --secret id=pip.conf,src=/etc/pip.conf
ARG BASE=python:3.11-slim-bookworm

# What installs, and what it is to install. It stays out of both images.
FROM ${BASE} AS installer
RUN python3 -m venv /opt/pip
ENV PATH=/opt/pip/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY pyproject.toml constraints.txt ./
# Dated alike, and of the pins only the trainer's: no other change installs all of torch again.
RUN python3 -c "import tomllib; project = tomllib.load(open('pyproject.toml', 'rb')); \
    print(*project['build-system']['requires'], sep='\n', file=open('build.txt', 'w')); \
    print(*project['project']['dependencies'], sep='\n', file=open('operator.txt', 'w'))" \
 && grep --ignore-case --extended-regexp "^(cloudpickle|cuda-[a-z]+|filelock|fsspec|jinja2|joblib|markupsafe|mpmath\
|narwhals|networkx|numpy|nvidia-[a-z0-9-]+|prometheus.client|scikit-learn|scipy|setuptools|sympy|threadpoolctl\
|torch|triton|typing.extensions)==" constraints.txt > trainer.txt \
 && touch --date=@0 build.txt operator.txt trainer.txt

FROM ${BASE} AS runtime
RUN python3 -m venv --without-pip /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
LABEL org.opencontainers.image.version=0.1.0

FROM installer AS operator-code
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf --mount=type=cache,target=/root/.cache/pip \
    pip install --requirement build.txt
COPY README.md ./
COPY operator operator
COPY trainer trainer
RUN pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
 && python3 -m venv --without-pip /opt/venv \
 && pip --python /opt/venv/bin/python install --no-deps --prefix /code/opt/venv dist/*.whl

FROM runtime AS trainer-code
WORKDIR /src
COPY trainer ./
RUN packages=$(echo /opt/venv/lib/python3.*/site-packages) \
 && mkdir --parents "/code$packages" \
 && cp --recursive tunewright_trainer "/code$packages" \
 && python3 -m compileall -q -s /code "/code$packages"

FROM runtime AS operator-dependencies
COPY constraints.txt /opt/venv/
COPY --from=installer /src/operator.txt /opt/venv/
RUN --mount=type=bind,from=installer,source=/opt/pip,target=/opt/pip \
    --mount=type=secret,id=pip.conf,target=/etc/pip.conf --mount=type=cache,target=/root/.cache/pip \
    /opt/pip/bin/pip --python /opt/venv/bin/python install \
    --requirement /opt/venv/operator.txt --constraint /opt/venv/constraints.txt \
 && find /opt/venv -type d -name tests -prune -exec rm -r {} +

FROM operator-dependencies AS operator
COPY --from=operator-code /code /
LABEL org.opencontainers.image.title="Tunewright operator" \
      org.opencontainers.image.description="Tunes the hyperparameters of neural networks on Kubernetes"
ENV HOME=/tmp
USER 65532:65532
ENTRYPOINT ["tunewright"]
CMD ["operator"]

FROM runtime AS trainer-dependencies
COPY --from=installer /src/trainer.txt /opt/venv/constraints.txt
RUN --mount=type=bind,from=installer,source=/opt/pip,target=/opt/pip \
    --mount=type=secret,id=pip.conf,target=/etc/pip.conf --mount=type=cache,target=/root/.cache/pip \
    /opt/pip/bin/pip --python /opt/venv/bin/python install \
    numpy prometheus-client scikit-learn torch --constraint /opt/venv/constraints.txt \
 && find /opt/venv -name '*.a' -delete

FROM trainer-dependencies AS trainer
COPY --from=trainer-code /code /
LABEL org.opencontainers.image.title="Tunewright trainer" \
      org.opencontainers.image.description="Trains the neural network of one trial"
ENV HOME=/tmp
USER 65532:65532
ENTRYPOINT ["python", "-m", "tunewright_trainer"]
