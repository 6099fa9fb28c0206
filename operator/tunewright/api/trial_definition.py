"""How a trial runs: the built-in trainer or a Job template, its metrics, and where its checkpoints are."""

import re
from enum import StrEnum
from typing import Annotated, Self

import regex
from pydantic import Field, JsonValue, field_validator, model_validator

from tunewright.api.base import Bool, Duration, Int, Model, Number, Str
from tunewright.api.problems import Invalid

SIZE = r"[0-9]+(\.[0-9]+)?([kMGTPE]|[KMGTPE]i)?"


class Trainer(Model):
    """The built-in trainer, and what it trains."""

    model: Str = Field(description="The network: mlp or cnn.")
    dataset: Str = Field(description="A built-in data set's name, or the path of an .npz or .csv file.")
    target: Str | None = Field(
        None, description="The column to predict, of a .csv file; the last one if left out."
    )
    max_epochs: Annotated[Int, Field(ge=1, le=100_000)] = Field(30, description="Epochs of training.")
    seed: Annotated[Int, Field(ge=0, lt=2**32)] = Field(0, description="Seed of weights and batches.")
    validation_fraction: Annotated[Number, Field(gt=0, lt=1)] = Field(
        0.2, description="Share of the data to validate on."
    )
    test_fraction: Annotated[Number, Field(gt=0, lt=1)] = Field(
        0.2, description="Share of the data kept for the final test evaluation alone."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.validation_fraction + self.test_fraction >= 1:
            raise Invalid("testFraction", "validationFraction and testFraction must leave data to train on")
        return self


class MetricsSource(StrEnum):
    """Where a trial's metrics are read."""

    SDK = "sdk"
    LOG = "log"


class Metrics(Model):
    """How a trial's metrics are read."""

    source: MetricsSource = Field(
        MetricsSource.SDK,
        description="sdk: the program calls tunewright_trainer.report. log: read from what it prints.",
    )
    pattern: Str | None = Field(
        None,
        max_length=1_000,
        description="For source log: a regular expression with the groups `name` and `value`; "
        "`name=value` or `name: value` if left out.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.pattern is None:
            return self
        if self.source is not MetricsSource.LOG:
            raise Invalid("pattern", "only for source log")
        try:
            groups = regex.compile(self.pattern).groupindex
        except (regex.error, OverflowError, RecursionError) as error:
            raise Invalid("pattern", f"not a regular expression: {error}") from None
        if not {"name", "value"} <= groups.keys():
            raise Invalid("pattern", "needs the groups (?P<name>...) and (?P<value>...)")
        return self


class AccessMode(StrEnum):
    """How a claim may be mounted."""

    READ_WRITE_ONCE = "ReadWriteOnce"
    READ_WRITE_MANY = "ReadWriteMany"
    READ_WRITE_ONCE_POD = "ReadWriteOncePod"


class ClaimTemplate(Model):
    """What each trial's own PersistentVolumeClaim asks for."""

    size: Str = Field(
        min_length=1,
        max_length=32,
        description="Its size, such as 10Gi.",
        json_schema_extra={"pattern": f"^{SIZE}$"},
    )
    storage_class_name: Str | None = Field(
        None,
        min_length=1,
        max_length=253,
        description="Its storage class; the cluster's own if left out.",
    )
    access_modes: list[AccessMode] = Field(
        [AccessMode.READ_WRITE_ONCE], min_length=1, max_length=3, description="How it may be mounted."
    )

    @field_validator("size")
    @classmethod
    def _check_size(cls, size: str) -> str:
        if not re.fullmatch(SIZE, size, re.ASCII):
            raise ValueError("must be a size such as 500Mi or 10Gi")
        return size


class Checkpoints(Model):
    """The volume that keeps checkpoints beyond an attempt's pod."""

    claim: Str | None = Field(
        None,
        min_length=1,
        max_length=253,
        description="An existing PersistentVolumeClaim, mounted by all trials: it must be ReadWriteMany.",
    )
    claim_template: ClaimTemplate | None = Field(
        None, description="One PersistentVolumeClaim for each trial, deleted with it."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.claim is None) == (self.claim_template is None):
            raise Invalid(
                "", "give either claim or claimTemplate" + ("" if self.claim is None else ", not both")
            )
        return self


class TrialDefinition(Model):
    """How a trial runs: the built-in trainer, a Job template, or the trainer in the pod of a template."""

    trainer: Trainer | None = Field(None, description="The built-in trainer.")
    template: dict[str, JsonValue] | None = Field(
        None,
        description="A Job template (batch/v1 JobTemplateSpec). Beside trainer it says how the trainer's pod "
        "looks: its resources, volumes, node selector and the like.",
    )
    metrics_container: Str | None = Field(
        None, description="Of a template with several containers: the one that trains and reports."
    )
    metrics: Metrics = Field(Metrics(), description="How metrics are read.")
    checkpoints: Checkpoints | None = Field(
        None,
        description="On a cluster: the volume for checkpoints. If left out, they end with the attempt.",
    )
    final_test: Bool | None = Field(
        None,
        description="Whether the best and the default configuration are evaluated on the held-out test data "
        "at the end. If left out: yes for the built-in trainer, no for a template.",
    )
    progress_deadline: Duration = Field(
        1800,
        description="An attempt that reports nothing for this long hangs, and has failed.",
        json_schema_extra={"default": "30m"},
    )
    grace_period: Duration = Field(
        30,
        description="Time between asking an attempt to stop and killing it.",
        json_schema_extra={"default": "30s"},
    )

    @property
    def tests(self) -> bool:
        """Whether the study ends with test evaluations."""
        return self.trainer is not None if self.final_test is None else self.final_test

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.trainer is None and self.template is None:
            raise Invalid("", "give trainer or template")
        if self.trainer is not None and self.metrics.source is not MetricsSource.SDK:
            raise Invalid("metrics.source", "the built-in trainer reports through the SDK; remove metrics")
        if self.template is None and self.metrics_container is not None:
            raise Invalid("metricsContainer", "only for template")
        return self
