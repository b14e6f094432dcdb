"""The contract as pydantic models: requests are closed, responses open."""

import re
from datetime import datetime
from enum import Enum
from typing import Any, Dict, List, Optional, Union

from pydantic import BaseModel, Extra, StrictStr, confloat, conint, conlist, constr, validator

Id = constr(strict=True, min_length=1, max_length=256, regex=r"^[^\x00-\x1f\x7f-\x9f]+\Z")
JsonObject = Dict[str, Any]
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")


def number(ge: float, le: Optional[float] = None):
    return Union[conint(strict=True, ge=ge, le=le), confloat(strict=True, ge=ge, le=le)]


class Time(str):
    """An RFC 3339 time, forwarded unchanged."""

    @classmethod
    def __get_validators__(cls):
        yield cls.validate

    @classmethod
    def validate(cls, value: Any) -> str:
        if not isinstance(value, str) or not RFC_3339.fullmatch(value):
            raise ValueError("must be ISO 8601 with Z or an offset")
        datetime.fromisoformat(value)
        return value


class EventType(str, Enum):
    file_opened = "file_opened"
    file_edited = "file_edited"
    file_saved = "file_saved"
    file_closed = "file_closed"
    command_executed = "command_executed"
    test_run = "test_run"
    build_run = "build_run"
    debug_run = "debug_run"
    git_operation = "git_operation"
    diagnostic_reported = "diagnostic_reported"
    agent_prompt = "agent_prompt"
    agent_response = "agent_response"
    tool_call = "tool_call"
    tool_result = "tool_result"
    suggestion_shown = "suggestion_shown"
    suggestion_accepted = "suggestion_accepted"
    suggestion_rejected = "suggestion_rejected"
    error = "error"
    custom = "custom"


class SourceType(str, Enum):
    ide = "ide"
    agent = "agent"
    cli = "cli"
    ci = "ci"
    system = "system"


class AttributionSource(str, Enum):
    human = "human"
    agent = "agent"
    mixed = "mixed"
    unknown = "unknown"


class Request(BaseModel):
    class Config:
        extra = Extra.forbid


class Answer(BaseModel):
    class Config:
        extra = Extra.allow


class MCPSessionCreate(Request):
    external_session_key: Id
    user_id: Id
    workspace_id: Id
    start_time: Time
    project_id: Optional[Id]
    tags: Optional[conlist(constr(strict=True, max_length=128), max_items=64)]
    config_snapshot: Optional[JsonObject]


class SessionOut(Answer):
    session_id: StrictStr
    external_session_key: StrictStr
    user_id: StrictStr
    workspace_id: StrictStr
    project_id: Optional[StrictStr] = ...
    status: StrictStr
    start_time: StrictStr
    end_time: Optional[StrictStr] = ...
    tags: List[StrictStr]
    config_snapshot: Optional[JsonObject] = ...
    created_at: StrictStr
    updated_at: StrictStr


class MCPEvent(Request):
    event_id: Id
    event_type: EventType
    source_type: SourceType
    session_id: Id
    timestamp: Time
    project_id: Optional[Id]
    workspace_id: Optional[Id]
    user_id: Optional[Id]
    agent_id: Optional[Id]
    parent_event_id: Optional[Id]
    correlation_id: Optional[Id]
    file_path: Optional[StrictStr]
    language: Optional[StrictStr]
    duration_ms: Optional[number(0)]
    attribution_source: Optional[AttributionSource]
    attribution_confidence: Optional[number(0, 1)]
    agent_metadata: Optional[JsonObject]
    metadata_: Optional[JsonObject]
    payload: Optional[JsonObject]


class MCPEventBatch(Request):
    events: conlist(MCPEvent, min_items=1, max_items=1000)

    @validator("events")
    def no_event_twice(cls, events: List[MCPEvent]) -> List[MCPEvent]:
        if len({event.event_id for event in events}) < len(events):
            raise ValueError("an event_id stands in the batch twice")
        return events


class EventBatchResult(Answer):
    event_id: StrictStr
    status: StrictStr


class EventBatchFailed(Answer):
    event_id: StrictStr
    error: StrictStr
    code: Optional[StrictStr]


class EventBatchResponse(Answer):
    results: List[EventBatchResult]
    failed: List[EventBatchFailed]


class MCPInsightsQuery(Request):
    session_id: Id
    since: Optional[Time]
    limit: conint(strict=True, ge=1, le=200) = 50


class InsightOut(Answer):
    insight_id: StrictStr
    session_id: StrictStr
    severity: StrictStr
    category: StrictStr
    title: StrictStr
    message: StrictStr
    agent_id: Optional[StrictStr]
    payload: JsonObject
    created_at: StrictStr
