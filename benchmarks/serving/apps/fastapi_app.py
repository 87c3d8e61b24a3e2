"""FastAPI as its documentation has it: Pydantic models of request and response, an async endpoint."""

from fastapi import FastAPI
from pydantic import BaseModel
from session import session

app = FastAPI()
predict = session()


class Request(BaseModel):
    inputs: list[list[float]]


class Response(BaseModel):
    predictions: list[list[float]]


@app.post("/invocations")
async def invocations(request: Request) -> Response:
    return Response(predictions=predict(request.inputs).tolist())
