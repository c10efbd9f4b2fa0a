"""Drives Razorpay's own library against `heikin standin razorpay`, unchanged: what it takes for
Razorpay must be enough like it. Usage: check_razorpay.py PATH_OF_HEIKIN
"""

import http.server
import json
import queue
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import razorpay

SECRET, HOOK_SECRET = "secret-of-the-check", "hook-secret-of-the-check"
PATIENCE = 60


def check(name, holds, seen=None):
    """A fact; where it does not hold, all is over."""
    if not holds:
        sys.exit(f"FAILED: {name}: {seen!r}")
    print(f"ok: {name}")


class Listener(http.server.BaseHTTPRequestHandler):
    """Takes events."""

    arrived = queue.Queue()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.arrived.put((self.headers["X-Razorpay-Signature"], body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def pay(url):
    """What a payer's browser does; where it is sent then."""
    try:
        urllib.request.build_opener(Stay).open(url, b"method=upi&choice=pay", PATIENCE)
    except urllib.error.HTTPError as answer:
        return answer.headers["location"]
    return None


def event(client, name):
    """Waits for an event, and verifies it with the library."""
    while True:
        signature, body = Listener.arrived.get(timeout=PATIENCE)
        client.utility.verify_webhook_signature(body, signature, HOOK_SECRET)
        if json.loads(body)["event"] == name:
            return json.loads(body)


def check_client(client):
    link = client.payment_link.create({
        "amount": 49900, "currency": "INR", "reference_id": "sub-42", "description": "a month",
        "expire_by": int(time.time()) + 86400, "callback_url": "http://127.0.0.1:9/back",
        "callback_method": "get"})
    check("a link is made", link["status"] == "created" and link["amount"] == 49900, link)
    check("and fetched", client.payment_link.fetch(link["id"])["reference_id"] == "sub-42")
    found = client.payment_link.all({"reference_id": "sub-42"})["payment_links"]
    check("and found", [it["id"] for it in found] == [link["id"]], found)
    check("and told of", client.payment_link.notifyBy(link["id"], "email")["success"])
    try:
        client.payment_link.create({"amount": 49900, "reference_id": "sub-42"})
        check("a reference is taken once", False)
    except razorpay.errors.BadRequestError as error:
        check("a reference is taken once", "already attempted" in str(error), error)
    back = urllib.parse.urlparse(pay(link["short_url"]))
    query = dict(urllib.parse.parse_qsl(back.query))
    check("the way back is signed", client.utility.verify_payment_link_signature({
        "payment_link_id": query["razorpay_payment_link_id"],
        "payment_link_reference_id": query["razorpay_payment_link_reference_id"],
        "payment_link_status": query["razorpay_payment_link_status"],
        "razorpay_payment_id": query["razorpay_payment_id"],
        "razorpay_signature": query["razorpay_signature"]}), query)
    told = event(client, "payment_link.paid")
    check("the payment is told", told["payload"]["payment"]["entity"]["amount"] == 49900, told)
    payment = client.payment.fetch(query["razorpay_payment_id"])
    check("and fetched", payment["status"] == "captured", payment)
    refund = client.payment.refund(payment["id"], {"amount": 9900})
    check("money goes back", refund["amount"] == 9900, refund)
    told = event(client, "refund.processed")
    check("and is told", told["payload"]["refund"]["entity"]["id"] == refund["id"], told)
    other = client.payment_link.create({"amount": 100})
    check("a link is taken back", client.payment_link.cancel(other["id"])["status"] == "cancelled")
    check("and is told", event(client, "payment_link.cancelled")["contains"] == ["payment_link"])


def main():
    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    standin = subprocess.Popen(
        [sys.argv[1], "standin", "razorpay", "--key-secret", SECRET, "--webhook-secret", HOOK_SECRET,
         "--webhook", f"http://127.0.0.1:{listener.server_port}/razorpay/webhook"],
        stdout=subprocess.PIPE, text=True)
    try:
        addresses = json.loads(standin.stdout.readline())
        key = (addresses["key_id"], SECRET)
        check_client(razorpay.Client(auth=key, base_url=addresses["api_url"]))
        try:
            razorpay.Client(auth=(key[0], "wrong"), base_url=addresses["api_url"]).payment_link.all()
            check("a wrong key", False)
        except razorpay.errors.BadRequestError as error:
            check("a wrong key", "api key" in str(error), error)
    finally:
        standin.terminate()
        ended = standin.wait(PATIENCE)
    check("the stand-in ends when it is told to", ended == 0, ended)


main()
