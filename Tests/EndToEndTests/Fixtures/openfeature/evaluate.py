"""The stock OpenFeature SDK with its OFREP provider, against a live gateway. Usage: evaluate.py URL KEY"""

import sys

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason

url, key = sys.argv[1:3]
api.set_provider(OFREPProvider(url, headers_factory=lambda: {"Authorization": "Bearer " + key}))
client = api.get_client()
paid = EvaluationContext("u1", {"plan": "paid", "seats": 3, "nested": {"a": [1, None, True]}})
free = EvaluationContext("u2", {"plan": "free"})


def expect(details, value, reason=None, variant=None, error=None):
    found = (details.value, details.reason, details.variant, details.error_code)
    assert type(details.value) is type(value) and details.value == value, found
    assert error == details.error_code, (found, details.error_message)
    if reason:
        assert details.reason == reason, found
    if variant is not None:
        assert details.variant == variant, found


expect(client.get_boolean_details("gate", False, paid), True, Reason.TARGETING_MATCH, "on")
expect(client.get_boolean_details("gate", True, free), False, Reason.DEFAULT, "off")
expect(client.get_boolean_details("gate", True), False, Reason.DEFAULT, "off")
expect(client.get_string_details("colour", "none", paid), "blue", Reason.STATIC, "b")
expect(client.get_integer_details("count", 0, paid), 7, Reason.STATIC, "seven")
# A float that is written without a fraction stays a float.
expect(client.get_float_details("ratio", 0.5, paid), 1.0, Reason.STATIC, "one")
expect(client.get_object_details("settings", {}, paid), {"a": [1, 2.5, None]}, Reason.STATIC, "x")
# No value: the caller's own default.
expect(client.get_boolean_details("off", True, paid), True, Reason.DISABLED, "")
expect(client.get_string_details("nothing", "mine", paid), "mine", Reason.DEFAULT, "")
expect(client.get_boolean_details("unknown", True, paid), True, error=ErrorCode.FLAG_NOT_FOUND)
expect(client.get_boolean_details("broken", True, paid), True, error=ErrorCode.PARSE_ERROR)
expect(client.get_boolean_details("count", True, paid), True, error=ErrorCode.TYPE_MISMATCH)
assert client.get_boolean_details("gate", False, paid).flag_metadata == {"team": "a", "tier": 2}
split = {client.get_string_value("split", "", EvaluationContext(f"user-{n}")) for n in range(50)}
assert split == {"a", "b"}, split
print("all flags were evaluated as they are defined")
