"""`python -m benchmarks.search`: see commands.py."""

import os

for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[library] = "1"  # read when numpy is imported

from benchmarks.search.commands import main  # noqa: E402

if __name__ == "__main__":
    main()
