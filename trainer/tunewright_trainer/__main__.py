import sys

from tunewright_trainer.builtin.main import main

sys.exit(main())
