"""Certificates for the daemons' TCP API and for Consul, as a team's own authority would make them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True)
class Authority:
    """An authority, and a folder that it writes PEM files into."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, folder: Path) -> Authority:
        """A new one, with its certificate in ``ca.pem``."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("authority")
        certificate = (
            _builder(name, name, key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        made = cls(folder, key, certificate)
        (folder / "ca.pem").write_bytes(_pem(certificate))
        return made

    @classmethod
    def of_hosts(cls, folder: Path) -> Authority:
        """One with certificates of docker01 and docker02, and of a client."""
        made = cls.make(folder)
        made.write("docker01", "10.0.0.11")
        made.write("docker02", "10.0.0.12")
        made.write("client")
        return made

    def write(self, name: str, address: str | None = None, *, passphrase: str = "") -> None:
        """``NAME.pem`` and ``NAME-key.pem``: of a client, and of a server at ``address``."""
        key = ec.generate_private_key(ec.SECP256R1())
        uses = [ExtendedKeyUsageOID.CLIENT_AUTH]
        if address:
            uses.append(ExtendedKeyUsageOID.SERVER_AUTH)
        builder = _builder(_name(name), self.certificate.subject, key).add_extension(
            x509.ExtendedKeyUsage(uses), critical=False
        )
        if address:
            names = [x509.IPAddress(ip_address(address))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        (self.folder / f"{name}.pem").write_bytes(_pem(builder.sign(self.key, hashes.SHA256())))
        kept = self.folder / f"{name}-key.pem"
        kept.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(passphrase.encode())
                if passphrase
                else serialization.NoEncryption(),
            )
        )
        kept.chmod(0o600)

    def tls(self) -> Mapping[str, str]:
        """What a stack file says of them."""
        return {
            "ca": f"{self.folder}/ca.pem",
            "cert": f"{self.folder}/{{host}}.pem",
            "key": f"{self.folder}/{{host}}-key.pem",
        }


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
