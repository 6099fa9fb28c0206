import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """As a home sets it: small networks gain nothing from more, and lose much where cores are shared."""
    torch.set_num_threads(1)
