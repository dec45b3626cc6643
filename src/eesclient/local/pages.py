"""What `ees serve` has beside the API: its OpenAPI document, and a page to read that in a browser (extra: swagger)."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from .service import openapi

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Explore education statistics API, served locally</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({url: "openapi.json", dom_id: "#api", validatorUrl: null})</script>
</body>
</html>
"""


def routes() -> list[BaseRoute]:
    """`/openapi.json`, and `/docs`, which is Swagger UI out of files on this machine."""
    described = Route("/openapi.json", lambda _: JSONResponse(openapi()), methods=["GET"])
    found = importlib.util.find_spec("flask_swagger_ui")
    if found is None or not found.submodule_search_locations:
        message = "This page needs Swagger UI: pip install 'eesclient[swagger]'\n"
        return [described, Route("/docs", lambda _: PlainTextResponse(message, status_code=404), methods=["GET"])]
    # its files are all that is wanted: the Flask that comes with them is not loaded
    files = Path(found.submodule_search_locations[0]) / "dist"
    page = Route("/docs", lambda _: HTMLResponse(_PAGE), methods=["GET"])
    return [described, page, Mount("/docs", StaticFiles(directory=files))]
