"""crosshost: containers on different Docker hosts reach each other. The table of contents."""

import pulumi

from components.consul import ConsulServer
from components.container import run_containers
from components.daemon import configure_daemons
from components.fleet import connect
from components.images import Images
from components.networks import daemon_settings, make_networks
from components.presence import check_presence
from stacks.settings import load

say = load()

hosts = connect(say.ssh, say.hosts, say.networks, say.consul, say.daemon)
images = Images(hosts, say.images())
consul = ConsulServer.wanted(say.consul, hosts, images)
needed = daemon_settings(say.networks, hosts, consul)
daemons = configure_daemons(hosts, needed, say.daemon, consul)
networks = make_networks(say.networks, hosts, daemons, say.members())
containers = run_containers(say.containers, hosts, networks, images, secret=say.secret_containers)
check_presence(hosts, networks, containers, consul)

pulumi.export("hosts", {name: host.shown() for name, host in hosts.items()})
pulumi.export("networks", {name: network.shown() for name, network in networks.items()})
pulumi.export("containers", {name: container.shown() for name, container in containers.items()})
pulumi.export("consul", consul.shown(daemons) if consul else None)
