"""Tests that share a process, or a browser, are run by one worker: a group's tests have its name behind theirs."""

import pytest


@pytest.mark.xdist_group("first")
@pytest.mark.skipif("not config.getoption('loadgroup', False)", reason="needs several workers")
def test_a_group_is_seen_by_who_hands_the_tests_out(request):
    assert request.node.nodeid.endswith("::test_a_group_is_seen_by_who_hands_the_tests_out@first")
