"""What the operator tells Prometheus of itself."""

from prometheus_client import Counter, Gauge, Histogram

RECONCILE_SECONDS = Histogram("tunewright_reconcile_seconds", "Time that one step of one study takes.")
RECONCILE_ERRORS = Counter(
    "tunewright_reconcile_errors", "Steps that ended with an error, by its kind.", ["error"]
)
SUGGESTION_SECONDS = Histogram(
    "tunewright_suggestion_seconds",
    "Time from a question to the sampler's answer, waiting included.",
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300),
)
LEADER = Gauge("tunewright_leader", "Whether this operator holds the lease.")
