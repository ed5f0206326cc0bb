# Says which public_token it reads: Django.

import json

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.urls import re_path

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="x",
                   MIDDLEWARE=[], DEBUG=False)


def token(request):
    if request.content_type.endswith("json"):
        return json.loads(request.body).get("public_token")

    values = request.POST.getlist("public_token")

    return values if len(values) > 1 else (values or [None])[0]


def read(request):
    said = {"access": request.headers.get("X-Plaid-Access-Token")}

    try:
        said["token"] = token(request)
    except (AttributeError, BadRequest, LookupError, MultiPartParserError,
            SuspiciousOperation, ValueError) as error:
        said["refused"] = str(error)

    answer = HttpResponse(json.dumps(said), content_type="application/json")
    answer["X-Reader"] = "yes"

    return answer


urlpatterns = [re_path("", read)]
app = get_wsgi_application()
