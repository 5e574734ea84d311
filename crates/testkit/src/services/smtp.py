"""A mail server that delivers nothing: each mail it takes becomes a file beside it."""

import asyncio
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

folder = pathlib.Path.cwd()
options = json.loads(sys.argv[1])


class Keeper:
    """What the tests told it to say lies in the file `refusal`."""

    def __init__(self):
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        refusal = folder / "refusal"
        if refusal.exists():
            return refusal.read_text()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "encrypted": session.ssl is not None or options["tls"] == "tls",
            "user": session.auth_data,
            "text": envelope.content.decode("utf-8"),
        }
        written = folder / f"mail-{self.count:06}.new"
        written.write_text(json.dumps(mail))
        written.rename(folder / f"mail-{self.count:06}.json")
        return "250 kept"


def authenticate(server, session, envelope, mechanism, data):
    given = [data.login.decode(), data.password.decode()]
    return AuthResult(success=given == options["credentials"], auth_data=given[0])


def certificate():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    return context


async def main():
    keeper = Keeper()
    starttls = certificate() if options["tls"] == "starttls" else None

    def connection():
        return SMTP(
            keeper,
            hostname="sink.example.org",
            decode_data=False,
            enable_SMTPUTF8=True,
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=authenticate,
            auth_required=options["credentials"] is not None,
            auth_require_tls=options["tls"] == "starttls",
            loop=asyncio.get_running_loop(),
        )

    whole = certificate() if options["tls"] == "tls" else None
    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", options["port"], ssl=whole)
    (folder / "listening").write_text(str(options["port"]))
    await server.serve_forever()


asyncio.run(main())
