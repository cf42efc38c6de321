"""How irctest starts and configures `chatui serve`, and what it may hold chatui to.

irctest imports the module that `--controller` names, so this file needs not lie in its tree; `run.sh` sees to that. The
environment variable CHATUI_BIN names the binary.
"""

import os
from pathlib import Path
import shutil
from typing import FrozenSet, Optional, Set, Type

from irctest.basecontrollers import BaseServerController, DirectoryBasedController
from irctest.runner import NotImplementedByController
from irctest.specifications import Capabilities, OptionalBehaviors

# irctest asks for all interfaces; a test stays on this machine.
ADDRESS = "127.0.0.1"

# The names and the password are those that irctest's tests know; the hash is that of `operpassword` (chatui hash-password).
CONFIGURATION = """\
[server]
name = "My.Little.Server"
network = "ChatuiTest"

[[oper]]
name = "operuser"
password = "$argon2id$v=19$m=19456,t=2,p=1$haHxT5FYaw/1O6E5XSpBcA$+/1eWFKgxfF7EAG9XOnrkb5FuLu4q1v5K827N82KLGU"
"""


class ChatuiController(BaseServerController, DirectoryBasedController):
    software_name = "chatui"
    supports_sts = False
    supported_sasl_mechanisms: Set[str] = set()
    _port_wait_interval = 0.01

    # irctest skips a test of what a server does not offer. What is named here it fails instead: these are promises.
    capabilities: FrozenSet[Capabilities] = frozenset(
        {
            Capabilities.AWAY_NOTIFY,
            Capabilities.BATCH,
            Capabilities.ECHO_MESSAGE,
            Capabilities.EXTENDED_MONITOR,
            Capabilities.LABELED_RESPONSE,
            Capabilities.MESSAGE_TAGS,
            Capabilities.MULTI_PREFIX,
            Capabilities.SERVER_TIME,
            Capabilities.SETNAME,
        }
    )
    optional_behaviors: FrozenSet[OptionalBehaviors] = frozenset(
        {
            OptionalBehaviors.BAN_EXCEPTION_MODE,
            OptionalBehaviors.CAP_REQ_MINUS,
            OptionalBehaviors.ELIST_M,
            OptionalBehaviors.ELIST_N,
            OptionalBehaviors.ELIST_U,
            OptionalBehaviors.INVITE_EXCEPTION_MODE,
            OptionalBehaviors.INVITE_LIST,
            OptionalBehaviors.INVITE_OVERRIDES_LIMIT,
            OptionalBehaviors.MULTI_JOIN,
            OptionalBehaviors.MULTI_KICK,
            OptionalBehaviors.MULTI_NAMES_COMMAND,
            OptionalBehaviors.MULTI_PRIVMSG,
            OptionalBehaviors.NO_CTCP,
        }
    )
    isupport = {
        "BOT": "B",
        "CASEMAPPING": "ascii",
        "INVEX": "I",
        "MONITOR": "100",
        "UTF8ONLY": None,
        "WHOX": None,
    }

    def run(
        self,
        hostname: str,
        port: int,
        *,
        password: Optional[str],
        ssl: bool,
        run_services: bool,
        faketime: Optional[str],
        websocket_hostname: Optional[str] = None,
        websocket_port: Optional[int] = None,
    ) -> None:
        if websocket_port is not None:
            raise NotImplementedByController("Websocket")
        if ssl:
            raise NotImplementedByController("TLS")
        assert self.proc is None

        self.hostname = hostname
        self.port = port
        self.create_config()
        assert self.directory
        directory = Path(self.directory)
        configuration = directory / "chatui.toml"
        configuration.write_text(CONFIGURATION)
        command = [os.environ.get("CHATUI_BIN", "chatui"), "serve", "--quiet"]
        command += ["--listen", f"{ADDRESS}:{port}"]
        command += ["--data", str(directory / "data"), "--sync", "never"]
        command += ["--config", str(configuration)]
        if password is not None:
            command += ["--password", password]
        if faketime and shutil.which("faketime"):
            command = ["faketime", "-f", faketime, *command]
            self.faketime_enabled = True
        self.proc = self.execute(command)

    def kill_proc(self) -> None:
        """Ends the server without its goodbyes: for them it would wait half a second on clients that do not leave."""
        assert self.proc
        self.proc.kill()
        self.proc.wait()
        self.proc = None

    def wait_for_services(self) -> None:
        """There are no services to wait for: accounts are the server's own matter."""

    def registerUser(self, case, username, password=None) -> None:  # type: ignore[no-untyped-def]
        raise NotImplementedByController("account registration")


def get_irctest_controller_class() -> Type[ChatuiController]:
    return ChatuiController
