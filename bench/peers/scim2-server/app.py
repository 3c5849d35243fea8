"""scim2-server as its documentation builds it, under an ASGI server that keeps connections open."""

from scim2_models import UnauthorizedException
from scim2_server.applications.asgi import ASGIApplication
from scim2_server.memory import AsyncInMemoryStorage
from scim2_server.requests import ScimRequest
from scim2_server.utils import load_default_provider

TOKEN = "Bearer bench"


class Application(ASGIApplication):
    """Accepts one static bearer token, as the package's own command does."""

    def check_auth(self, request: ScimRequest) -> None:
        if request.header("Authorization") != TOKEN:
            raise UnauthorizedException


app = Application(AsyncInMemoryStorage(), load_default_provider())
