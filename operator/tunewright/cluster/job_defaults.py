"""What the operator was told of all Jobs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class JobDefaults:
    """What a study leaves open.

    Attributes:
        trainer_image: the image of the built-in trainer.
        trainer_image_pull_policy: when it is pulled; None: as Kubernetes decides by its tag.
        ttl: for how many seconds an ended Job is kept.
    """

    trainer_image: str = ""
    trainer_image_pull_policy: str | None = None
    ttl: int = 3600
