"""What user code imports to be tuned, and the built-in torch trainer (`python -m tunewright_trainer`)."""

from tunewright_trainer.sdk import checkpoint
from tunewright_trainer.sdk.parameters import final_test, parameters
from tunewright_trainer.sdk.reporting import report
from tunewright_trainer.sdk.stopping import on_stop, stop_requested

__all__ = ["checkpoint", "final_test", "on_stop", "parameters", "report", "stop_requested"]
