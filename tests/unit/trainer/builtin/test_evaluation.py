import numpy as np
import pytest
import torch
from sklearn import metrics
from torch import nn

from tunewright_trainer.builtin.evaluation import evaluate
from tunewright_trainer.builtin.preprocessing import Part


def test_classification_as_scikit_learn_has_it() -> None:
    torch.manual_seed(0)
    part = Part(torch.randn(5000, 4), torch.randint(3, (5000,)))
    model = nn.Linear(4, 3)
    probabilities = model(part.features).softmax(1).detach().numpy()

    scores = evaluate(model, part, 1.0)

    assert scores == {
        "loss": pytest.approx(metrics.log_loss(part.targets, probabilities), rel=1e-5),
        "accuracy": pytest.approx(metrics.accuracy_score(part.targets, probabilities.argmax(1))),
    }


def test_regression_as_scikit_learn_has_it() -> None:
    torch.manual_seed(0)
    part = Part(torch.randn(5000, 4), torch.randn(5000))
    model = nn.Linear(4, 1)
    predicted = model(part.features).squeeze(1).detach()

    scores = evaluate(model, part, 20.0)

    expected = metrics.root_mean_squared_error(20 * part.targets, 20 * predicted)
    assert scores["rmse"] == pytest.approx(expected, rel=1e-5)
    assert scores["r2"] == pytest.approx(metrics.r2_score(part.targets, predicted), rel=1e-5)
    assert scores["loss"] == pytest.approx(np.mean((part.targets - predicted).numpy() ** 2), rel=1e-5)


def test_a_constant_target_has_no_r2() -> None:
    assert evaluate(nn.Linear(1, 1), Part(torch.ones(3, 1), torch.zeros(3)), 1.0)["r2"] == 0


def test_dropout_is_off_while_evaluating_and_on_again_after() -> None:
    model = nn.Sequential(nn.Dropout(0.9), nn.Linear(4, 2))
    part = Part(torch.randn(50, 4), torch.randint(2, (50,)))

    assert evaluate(model, part, 1.0) == evaluate(model, part, 1.0)
    assert model.training
