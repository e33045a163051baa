"""Evaluates flags with openfeature-flagd-core. Reads lines of JSON, each a document, a key, its type and contexts, and
prints a line for each context. Time stands still at what the line says."""

import json
import logging
import sys

from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.contrib.tools.flagd.core.targeting import targeting
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import OpenFeatureError

logging.disable(logging.CRITICAL)


class Clock:
    def __init__(self, seconds):
        self.seconds = seconds

    def time(self):
        return self.seconds


DEFAULTS = {"boolean": False, "string": "", "integer": 0, "float": 0.0, "object": {}}


def evaluate(core, case, context):
    resolve = getattr(core, f"resolve_{case['type']}_value")
    attributes = {name: value for name, value in context.items() if name != "targetingKey"}
    subject = EvaluationContext(context.get("targetingKey"), attributes)
    try:
        details = resolve(case["key"], DEFAULTS[case["type"]], subject)
    except OpenFeatureError as error:
        return {"reason": "ERROR", "error": error.error_code.value}
    except Exception as error:
        return {"exception": repr(error)}
    result = {"reason": details.reason.value, "metadata": dict(details.flag_metadata)}
    if details.variant is not None:
        result |= {"variant": details.variant, "value": details.value}
    return result


for line in sys.stdin:
    case = json.loads(line)
    sys.modules[targeting.__module__].time = Clock(case["timestamp"])
    core = FlagdCore()
    core.set_flags(json.dumps(case["document"]))
    for context in case["contexts"]:
        print(json.dumps(evaluate(core, case, context)))
