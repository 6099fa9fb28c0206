import pytest
from tests.unit.charts.rendering import Chart, NoHelmError, find_helm


@pytest.fixture(scope="session")
def chart() -> Chart:
    try:
        return Chart(find_helm())
    except NoHelmError as missing:
        pytest.skip(str(missing))
