"""Makes the calls that stand on stdin with the published SpaceONE client, and prints what each came to.

One connection, found out by reflection, serves them all. A call is {"method": "Job.list", "params": {...}}; an outcome
is {"response": {...}} as the client's callers get it, or {"error": {...}} with what the client made of the failure.
"""

import json
import sys

from spaceone.core.connector.space_connector import SpaceConnector
from spaceone.core.error import ERROR_BASE
from spaceone.core.transaction import Transaction


def outcome_of(connector, method, params):
    try:
        return {"response": connector.dispatch(method, params)}
    except ERROR_BASE as error:
        return {
            "error": {
                "error_code": error.error_code,
                "status_code": error.status_code,
                "message": error.message,
            }
        }


def main(endpoint):
    connector = SpaceConnector(
        Transaction(), {"endpoints": {"inventory": endpoint}}, service="inventory"
    )
    outcomes = [
        outcome_of(connector, call["method"], call["params"])
        for call in json.load(sys.stdin)
    ]
    json.dump({"resources": connector.client.api_resources, "outcomes": outcomes}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
