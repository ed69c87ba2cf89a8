"""crosshost: containers on different Docker hosts reach each other. The table of contents."""

import pulumi

from components.adopted import made_anew
from components.conflicts import remove_conflicts, wanted_items
from components.container.component import run_containers
from components.daemon import configure_daemons
from components.dns.component import NameServers
from components.final_check import check_all_runs
from components.firewall import make_firewall
from components.fleet import connect
from components.host import with_daemons
from components.images import Images
from components.networks import control_planes, daemon_settings, make_networks
from components.networks.overlay.components import hosts_of_lost_networks, make_swarm
from components.networks.overlay.consul.access import grant_access
from components.networks.overlay.consul.server import ConsulServer
from components.reachability.component import prove
from components.reachability.interruptions import watch_interruptions
from components.undo import restore_scripts_first
from stacks.settings import load

settings = load()

fleet = connect(settings.ssh, settings.stack)
facts, stack = fleet.facts, fleet.stack
interruptions = watch_interruptions(settings.prove, fleet)
items = wanted_items(stack)
hosts = remove_conflicts(
    fleet.hosts, items, control_planes(stack), settings.max_unavailable, made_anew(stack, facts)
)
images = Images(hosts, settings.images())
firewall = make_firewall(stack, facts, hosts)
keys = daemon_settings(stack, facts)
access = grant_access(settings.consul, hosts, keys)
consul = ConsulServer.wanted(settings.consul, hosts, images, firewall, access)
lost = hosts_of_lost_networks(stack, hosts, consul)
daemons = configure_daemons(hosts, keys, settings.daemon, consul, firewall, lost)
ready = with_daemons(hosts, {name: daemon.change for name, daemon in daemons.items()})
swarm = make_swarm(stack, facts, ready, firewall)
networks = make_networks(
    stack, ready, settings.container_names(), daemons, [consul, swarm], firewall
)
if consul:
    consul.check_engines(daemons)
dns = NameServers.wanted(settings.dns, stack, ready, networks, images)
containers = run_containers(
    settings.containers,
    ready,
    networks,
    images,
    settings.files,
    {name: dns.on(name) for name in ready} if dns else {},
    secret=settings.is_secret,
)
running = {**(dns.containers if dns else {}), **containers}
last = check_all_runs(hosts, networks, running, items)
carriers = [
    *(firewall.before if firewall else []),
    *(daemon.apply for daemon in daemons.values()),
    *(swarm.members.values() if swarm else []),
    *(part for network in networks.values() for part in network.carriers),
    *(dns.files.values() if dns else []),
]
reachability = prove(settings.prove, stack, ready, containers, carriers, last, images)
restore_scripts_first(hosts, swarm, last)
if interruptions:
    interruptions.expect(daemons, networks, reachability)

pulumi.export("hosts", {name: host.outputs() for name, host in hosts.items()})
pulumi.export("networks", {name: network.outputs() for name, network in networks.items()})
pulumi.export("containers", {name: container.outputs() for name, container in containers.items()})
pulumi.export("consul", consul.outputs() if consul else None)
pulumi.export("swarm", swarm.outputs() if swarm else None)
pulumi.export("reachability", reachability.summary if reachability else None)
