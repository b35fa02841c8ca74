"""A certificate for this machine's names and addresses, since browsers give their camera to secure pages only."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from platformdirs import user_data_path

from recognizer.core.writing import replacing
from recognizer.errors import UsageError

DAYS = 397  # for which it is valid: some browsers take none that is valid for longer
RENEWED = 30  # days before its end from which on a new one is made
PRIVATE = 0o600  # the key may be read by its owner alone


def own_certificate(names: Sequence[str], folder: Path | None = None) -> tuple[Path, Path]:
    """The files of a certificate and its key for these names and addresses; kept, and made anew when it doesn't fit.

    Args:
        names: of this machine, and its addresses.
        folder: where they are kept, by default the user's own for this program.

    Raises:
        OutputError: they can't be written.
    """
    folder = folder or user_data_path("digit-recognizer", appauthor=False)
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    if not _fits(certificate, key, names):
        with replacing(certificate, key) as (new_certificate, new_key):
            private = ec.generate_private_key(ec.SECP256R1())
            new_certificate.write_bytes(_signed(private, names).public_bytes(serialization.Encoding.PEM))
            content = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                            serialization.NoEncryption())
            new_key.unlink(missing_ok=True)
            with open(os.open(new_key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as file:
                file.write(content)
    return certificate, key


def checked(certificate: Path, key: Path) -> tuple[Path, Path]:
    """The same two files, which are a certificate and its key.

    Raises:
        UsageError: they are not.
    """
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"--cert {certificate} --key {key}: expected a certificate and its key as PEM files, without "
                         f"a password ({reason})") from error
    return certificate, key


def _fits(certificate: Path, key: Path, names: Sequence[str]) -> bool:
    """Whether both files are there, belong together, are valid for long enough, and are for these names."""
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), None)
        known = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    if os.name == "posix" and key.stat().st_mode & 0o077:
        return False
    return (found.public_key() == private.public_key()
            and found.not_valid_after_utc - datetime.now(UTC) > timedelta(days=RENEWED)
            and set(_alternatives(names)) <= set(known))


def _signed(private: ec.EllipticCurvePrivateKey, names: Sequence[str]) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Digit recognizer on this machine")])
    now = datetime.now(UTC)
    builder = (x509.CertificateBuilder()
               .subject_name(name).issuer_name(name).public_key(private.public_key())
               .serial_number(x509.random_serial_number())
               .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=DAYS - 1))
               .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
               .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
               .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False))
    return builder.sign(private, hashes.SHA256())


def _alternatives(names: Sequence[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in dict.fromkeys(names):
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name.split("%")[0])))
        except ValueError:
            if name.isascii():
                found.append(x509.DNSName(name))
    return found
