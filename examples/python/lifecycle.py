"""A session from handshake to end, through a client made of the gateway's OpenAPI document."""

import json
import os

from gateway import Gateway, GatewayProblem

gateway = Gateway(os.environ.get("GATEWAY_URL", "http://127.0.0.1:8080"), key=os.environ.get("GATEWAY_KEY"))

agreed = gateway.handshake(client_name="python", client_version="1.0.0", workspace_id="ws-checkout")
gateway.session_token = agreed["mcp_session_token"]

project = gateway.projects_resolve(
    workspace_id="ws-checkout", workspace_root="/home/ada/checkout", create_if_missing=True
)
session = gateway.sessions_create(
    external_session_key="python",
    user_id="ada",
    workspace_id="ws-checkout",
    project_id=project["project_id"],
    start_time="2026-03-05T09:00:00Z",
)
session_id = session["session_id"]

events = [
    {
        "event_id": "python-%d" % index,
        "event_type": "error",
        "source_type": "ide",
        "session_id": session_id,
        "timestamp": "2026-03-05T09:05:0%dZ" % index,
    }
    for index in range(6)
]
taken = gateway.signals_ingest_batch(events=events[: agreed["preferred_batch_size"]])
insights = gateway.signals_insights_query(session_id=session_id, limit=20)
snapshot = gateway.state_snapshot(
    session_id=session_id,
    snapshot_type="workspace_state",
    payload={"branch": "main"},
    idempotency_key="python-branch",
)
ended = gateway.sessions_update(session_id=session_id, status="completed", end_time="2026-03-05T17:30:00Z")

try:
    gateway.sessions_update(session_id="nobody", status="completed")
    refusal = None
except GatewayProblem as problem:
    refusal = problem.code

print(
    json.dumps(
        {
            "events": len(taken["results"]),
            "insights": ["{title} ({severity})".format_map(insight) for insight in insights],
            "snapshot_type": snapshot["snapshot_type"],
            "status": ended["status"],
            "end_time": ended["end_time"],
            "unknown_session": refusal,
        },
        indent=2,
    )
)
