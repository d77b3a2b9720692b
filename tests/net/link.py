"""A bad line between two network namespaces: drops, delays and resets packets, without help of the kernel.

usage: link.py A B LOSS DELAY_MS RESET   (A and B are namespaces; a line "good" on stdin heals the line)
"""
import fcntl, heapq, os, random, select, struct, subprocess, sys, time

A, B = sys.argv[1:3]
loss, delay, reset = float(sys.argv[3]), float(sys.argv[4]) / 1000, float(sys.argv[5])
dice = random.Random(A)


def tun(space, name, address, peer):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH", name.encode(), 0x1001))  # TUNSETIFF: IFF_TUN | IFF_NO_PI
    run = lambda line: subprocess.run(line.split(), check=True)
    run(f"ip link set {name} netns {space}")
    inside = f"ip netns exec {space} "
    run(inside + "ip link set lo up")
    # Plain HTTP is spoken to loopback addresses only: this line carries one.
    run(inside + f"sysctl -qw net.ipv4.conf.all.route_localnet=1 net.ipv4.conf.{name}.route_localnet=1")
    run(inside + f"sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.{name}.rp_filter=0")
    run(inside + "ip addr flush dev lo")
    run(inside + "ip addr add 127.0.0.1/32 dev lo")
    run(inside + f"ip addr add {address}/32 peer {peer}/32 dev {name}")
    run(inside + f"ip link set {name} mtu 1400 up")
    return fd


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def rst(packet):
    """The answer that tears down the connection of a TCP packet, as a rebooting router gives it."""
    head = (packet[0] & 15) * 4
    if packet[9] != 6 or len(packet) < head + 20 or packet[head + 13] & 4:
        return None
    source, target = packet[12:16], packet[16:20]
    ports, ack = packet[head : head + 4], packet[head + 8 : head + 12]
    tcp = ports[2:4] + ports[0:2] + ack + bytes(4) + struct.pack("!BBHHH", 0x50, 4, 0, 0, 0)
    pseudo = target + source + struct.pack("!BBH", 0, 6, len(tcp))
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + target + source
    return ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + tcp


name = f"lt{os.getpid()}"
ends = [tun(A, name + "a", "127.5.0.1", "127.5.0.2"), tun(B, name + "b", "127.5.0.2", "127.5.0.1")]
print("ready", flush=True)
queue, count, seen, dropped, resets = [], 0, 0, 0, 0
while True:
    now = time.monotonic()
    while queue and queue[0][0] <= now:
        _, _, fd, packet = heapq.heappop(queue)
        try:
            os.write(fd, packet)
        except OSError:
            pass
    wait = max(0, queue[0][0] - now) if queue else 1
    ready, _, _ = select.select([*ends, sys.stdin], [], [], wait)
    if sys.stdin in ready:
        if not sys.stdin.readline():
            print(f"{seen} packets, {dropped} dropped, {resets} resets", flush=True)
            break
        loss = delay = reset = 0
    for place, fd in enumerate(ends):
        if fd not in ready:
            continue
        packet = os.read(fd, 65536)
        if packet[0] >> 4 != 4:
            continue
        seen += 1
        other = ends[1 - place]
        if dice.random() < reset and (answer := rst(packet)):
            resets += 1
            other, packet = fd, answer
        elif dice.random() < loss:
            dropped += 1
            continue
        count += 1
        heapq.heappush(queue, (time.monotonic() + dice.random() * delay, count, other, packet))
