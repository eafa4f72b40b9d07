#!/usr/bin/env bash
# Install this project and some of its extras into a virtual environment, as make setup does.
#
#     deployments/install.sh .venv nemo,riva
#
# uv takes the build of torch that this host can use. Where uv or PyTorch's own index is out of reach,
# pip takes the default build of the package index, which on Linux is usually the one with CUDA.
set -euo pipefail
venv=$(realpath -s "$1") extras=$2
cd "$(dirname "$0")/.."
what=(-c constraints.txt -e ".[$extras]")
torch=$(sed -n 's/.*"\(torch==[^"]*\)".*/\1/p' pyproject.toml)

with_pip() {
    "$venv/bin/python" -m pip install --disable-pip-version-check "${what[@]}"
}

find_uv() {
    command -v uv && return
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check uv >/dev/null 2>&1 || return
    echo "$venv/bin/uv"
}

with_uv() { # the first call asks PyTorch's index alone, and does not wait for it
    local build="No NVIDIA driver: torch for CPUs, 0.6 GB to download in all"
    if [ -e /proc/driver/nvidia/version ] || nvidia-smi -L >/dev/null 2>&1; then
        build="NVIDIA driver found: torch with CUDA, 3.1 GB to download in all"
    fi
    UV_HTTP_TIMEOUT=5 UV_HTTP_RETRIES=0 "$uv" pip install --python "$venv/bin/python" --quiet \
        --dry-run --no-deps --torch-backend=auto "$torch" 2>/dev/null || return
    echo "$build"
    "$uv" pip install --python "$venv/bin/python" --torch-backend=auto "${what[@]}"
}

if [[ ",$extras," != *,nemo,* ]]; then
    with_pip
    exit
fi
if ! { uv=$(find_uv) && with_uv; }; then
    echo "uv or PyTorch's own index is out of reach: pip takes the default build of torch, up to 3.1 GB"
    with_pip
fi
"$venv/bin/python" -c "from importlib.metadata import version; print('Installed: torch', version('torch'))"
du -sh "$venv"
