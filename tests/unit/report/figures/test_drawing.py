import json
import math

from tests.builders import a_study, a_trial
from tests.unit.report.studies import HOSTILE

from tunewright.report.figures.drawing import (
    Range,
    as_json,
    describe,
    escaped,
    figure,
    shortened,
    visible_range,
)
from tunewright.report.view import StudyView


def test_the_visible_range_leaves_out_outliers_but_not_what_is_kept() -> None:
    values = [0.9, 0.91, 0.92, 0.93, 0.94, 0.95, -1e6]
    assert visible_range(values).low > 0.5
    assert visible_range(values).high == 0.95
    assert visible_range(values, keep=[-3.0]).low == -3.0


def test_the_visible_range_of_usual_values_is_theirs() -> None:
    assert visible_range([3.0, 1.0, 2.0]) == Range(1.0, 3.0)
    assert visible_range([math.nan, 2.0, math.inf]) == Range(2.0, 2.0)
    assert visible_range([]) == Range(0.0, 1.0)


def test_a_range_clips_counts_and_leaves_a_margin() -> None:
    shown = Range(0.0, 10.0)
    assert [shown.clip(value) for value in (-5, 5, 50)] == [0, 5, 10]
    assert shown.beyond([-5, 5, 50]) == 2
    assert shown.padded(0.1) == [-1, 11]
    assert Range(2.0, 2.0).padded(0.1) == [1.8, 2.2]
    assert Range(0.0, 0.0).padded() == [-1, 1]


def test_a_user_s_text_is_escaped_for_plotly_which_reads_html() -> None:
    assert escaped("<b>x</b>\x1b") == "&lt;b&gt;x&lt;/b&gt;\\x1b"
    assert shortened("<" * 50, 10) == "&lt;" * 9 + "…"


def test_a_trial_is_described_escaped_and_not_endlessly() -> None:
    parameters = [{"name": f"p{i}", "type": "categorical", "values": [HOSTILE]} for i in range(30)]
    trial = a_trial(0, accuracy=0.5, parameters={f"p{i}": HOSTILE for i in range(30)})
    text = describe(StudyView(a_study(parameters=parameters), [trial], {}), trial)
    assert "<script" not in text
    assert text.startswith("<b>digits-0</b><br>accuracy = 0.5<br>completed<br>p0: &lt;script&gt;")
    assert text.endswith("and 18 more parameters")


def test_json_of_a_figure_cannot_end_its_script_element() -> None:
    plot = figure(height=100)
    plot.update_layout(title_text="</script><!--")
    text = as_json(plot)
    assert "<" not in text
    assert json.loads(text)["layout"]["title"]["text"] == "</script><!--"
