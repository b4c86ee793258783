"""Signs one request to the API with botocore, sends it, and prints status and body as JSON.

Usage: signed-request.py METHOD URL REGION [BODY]; the key comes from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
"""

import json
import sys
import urllib.error
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import get_session

method, url, region, *rest = sys.argv[1:]
body = rest[0] if rest else None
request = AWSRequest(method=method, url=url, data=body, headers={"content-type": "application/json"})
SigV4Auth(get_session().get_credentials(), "execute-api", region).add_auth(request)
prepared = request.prepare()
data = body.encode() if body else None
try:
    reply = urllib.request.urlopen(
        urllib.request.Request(prepared.url, data=data, headers=dict(prepared.headers), method=method)
    )
except urllib.error.HTTPError as error:
    reply = error
print(json.dumps({"status": reply.status, "body": json.loads(reply.read())}))
