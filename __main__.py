"""crosshost: containers on different Docker hosts reach each other. The table of contents."""

import pulumi

from components.conflicts import remove_conflicts, wanted_items
from components.consul import ConsulServer, grant_access
from components.container import run_containers
from components.control_planes import Parts
from components.daemon import configure_daemons
from components.firewall import make_firewall
from components.fleet import connect
from components.images import Images
from components.networks import (
    control_planes,
    hosts_of_lost_networks,
    make_networks,
    make_swarm,
)
from components.presence import check_presence
from components.undo import restore_scripts_first
from stacks.settings import load

say = load()

fleet = connect(say.ssh, say.hosts, say.networks, say.consul, say.swarm, say.daemon, say.firewall)
hosts = fleet.hosts
items = wanted_items(fleet.networks, say.containers, say.consul, list(hosts))
remove_conflicts(hosts, items, control_planes(fleet.networks, hosts), say.max_unavailable)
images = Images(hosts, say.images())
firewall = make_firewall(say.firewall, hosts, fleet.networks, say.consul, say.swarm)
needed = fleet.daemon_settings(say.consul)
access = grant_access(say.consul, hosts, needed)
consul = ConsulServer.wanted(say.consul, hosts, images, firewall, access)
lost = hosts_of_lost_networks(fleet.networks, hosts, consul)
daemons = configure_daemons(hosts, needed, say.daemon, consul, firewall, lost)
swarm = make_swarm(fleet.networks, hosts, say.swarm, firewall)
networks = make_networks(fleet.networks, hosts, Parts(consul, daemons, swarm), say.members())
if consul:
    consul.check_engines(daemons)
containers = run_containers(say.containers, hosts, networks, images, secret=say.secret_containers)
check_presence(hosts, networks, containers, consul, items)
restore_scripts_first(hosts, swarm)

pulumi.export("hosts", {name: host.shown() for name, host in hosts.items()})
pulumi.export("networks", {name: network.shown() for name, network in networks.items()})
pulumi.export("containers", {name: container.shown() for name, container in containers.items()})
pulumi.export("consul", consul.shown() if consul else None)
pulumi.export("swarm", swarm.shown() if swarm else None)
