from tunewright.report.markup import document, element, raw, table

HOSTILE = "<script>alert('x')</script> & \"quotes\" \x00"


def test_text_and_attributes_are_escaped() -> None:
    text = document(element("p", HOSTILE, element("b", HOSTILE), HOSTILE, title=HOSTILE))
    assert "<script>" not in text
    assert text.count("&lt;script&gt;") == 3
    assert "\x00" not in text
    assert "&amp; &quot;quotes&quot;" in text


def test_content_keeps_its_order() -> None:
    made = element("p", "one ", element("b", "two"), " three", None, element("i", "four"), " five")
    assert document(made) == "<!doctype html>\n<p>one <b>two</b> three<i>four</i> five</p>\n"


def test_attributes_of_python_s_own_words() -> None:
    assert document(element("td", class_="number", aria_label="x")).endswith(
        '<td class="number" aria-label="x"></td>\n'
    )


def test_raw_text_stands_as_it_is() -> None:
    assert "if (a < b && c) {}" in document(raw("script", "if (a < b && c) {}"))


def test_a_table_names_its_rows_and_columns() -> None:
    text = document(table("Caption.", ["name", ">value"], [("a", "1")]))
    assert "<caption>Caption.</caption>" in text
    assert '<th scope="col" class="">name</th><th scope="col" class="number">value</th>' in text
    assert '<th class="" scope="row">a</th><td class="number">1</td>' in text
