import asyncio
import contextlib

import pytest
from test_explore import times

from lecture_lib import front
from lecture_lib.live import card_class, explorable_class, later


def test_an_explorable_takes_its_script_and_style_from_the_package():
    card = explorable_class()(spec={}, at=[])
    assert card._esm == front.script("explorable")
    assert card._css == front.style()


def test_a_page_that_wants_fonts_gets_them_and_any_other_message_is_left_alone(monkeypatch):
    card, sent = card_class()(), []
    monkeypatch.setattr(card, "send", lambda content, buffers: sent.append((content, buffers)))
    card._handle_custom_msg({"want": "fonts"}, [])
    card._handle_custom_msg({"do": "commit"}, [])
    assert sent == [({"fonts": [400, 600]}, list(front.fonts().values()))]


def test_where_the_hand_stands_is_not_sent_back_to_it():
    assert explorable_class().at.metadata["echo_update"] is False


def test_later_is_when_the_kernel_rests_and_never_without_one():
    called = []

    async def kernel():
        assert later(lambda: called.append(1))
        assert not called
        await asyncio.sleep(0.1)

    asyncio.run(kernel())
    assert called == [1]
    assert later(lambda: called.append(2)) is None


@pytest.mark.parametrize(("at", "fault"), [([0], ""), ([2], "13 brings bad luck")])
def test_a_page_that_waited_in_vain_is_sent_all_of_its_state(monkeypatch, at, fault):
    shown, sent = times(), []
    card = shown.widget
    monkeypatch.setattr(
        card, "send_state", lambda names: sent.append({n: getattr(card, n) for n in names})
    )
    with contextlib.nullcontext() if not fault else pytest.raises(ValueError, match=fault):
        shown._live.reminded(card, {"at": at}, [])
    assert sent[-1].keys() == {"backdrop", "layers", "says", "fault", "answered"}
    assert sent[-1]["answered"] == at
    assert fault in sent[-1]["fault"]
    sent.clear()
    shown._live.reminded(card, {"want": "fonts"}, [])
    assert not sent
