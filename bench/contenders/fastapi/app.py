"""The same gateway written in Python: FastAPI, pydantic 1, httpx."""

import os
from typing import Any, Dict, List
from uuid import uuid4

import httpx
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError

from models import EventBatchResponse, InsightOut, MCPEventBatch, MCPInsightsQuery, MCPSessionCreate, SessionOut

app = FastAPI()
router = APIRouter(prefix="/api/achilles/v1/mcp")


@app.on_event("startup")
async def open_client() -> None:
    app.state.core = httpx.AsyncClient(
        base_url=os.environ["CORE_URL"],
        headers={"authorization": f"Bearer {os.environ['CORE_API_KEY']}"},
        limits=httpx.Limits(max_connections=128, max_keepalive_connections=128),
        timeout=10,
    )


@app.on_event("shutdown")
async def close_client() -> None:
    await app.state.core.aclose()


async def call_core(path: str, body: BaseModel, request: Request, write: bool) -> Any:
    headers: Dict[str, str] = {
        "content-type": "application/json",
        "x-request-id": request.headers.get("x-request-id") or str(uuid4()),
    }
    if write:
        headers["idempotency-key"] = request.headers.get("idempotency-key") or str(uuid4())
    response = await app.state.core.post(path, content=body.json(exclude_none=True), headers=headers)
    response.raise_for_status()
    return response.json()


@router.post("/sessions", response_model=SessionOut, response_model_exclude_unset=True)
async def create_session(body: MCPSessionCreate, request: Request) -> Any:
    return await call_core("/mcp/sessions", body, request, write=True)


@router.post("/signals/events/batch", response_model=EventBatchResponse, response_model_exclude_unset=True)
async def ingest_batch(body: MCPEventBatch, request: Request) -> Any:
    return await call_core("/signals/events/batch", body, request, write=True)


@router.post("/signals/insights", response_model=List[InsightOut], response_model_exclude_unset=True)
async def insights(body: MCPInsightsQuery, request: Request) -> Any:
    return await call_core("/signals/insights", body, request, write=False)


app.include_router(router)


@app.exception_handler(httpx.HTTPError)
async def core_failed(_: Request, error: httpx.HTTPError) -> JSONResponse:
    return JSONResponse({"detail": f"Core did not respond: {error!r}"}, status_code=502)


@app.exception_handler(ValidationError)
async def contract_broken(_: Request, error: ValidationError) -> JSONResponse:
    return JSONResponse({"detail": error.errors()}, status_code=502)
