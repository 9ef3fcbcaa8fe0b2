// A network whose cable can be pulled: a namespace of its own for a process, joined to ours by a
// pair of virtual interfaces. Needs root on Linux; the namespace goes with the process that holds
// it. The receiver listens on the loopback only, so that a relay stands on both sides.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { run } from './data-folder.ts'
import type { Launch } from './receiver-process.ts'

export interface Cable {
  /** Addresses of our side and of the other. */
  readonly near: string
  readonly far: string
  pull(): Promise<void>
  plug(): Promise<void>
}

export interface Namespace extends AsyncDisposable {
  /** To start a process in it. */
  readonly launch: Launch
  /** Another pair of interfaces. */
  addCable(): Promise<Cable>
  /** What comes to `far` at this port goes to the loopback inside, at `port`. */
  relay(far: string, port: number): Promise<number>
}

/** Why there can be none here; null: there can. */
export function noNamespace(): string | null {
  if (process.platform !== 'linux') return 'network namespaces need Linux'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  if (spawnSync('ip', ['-V']).error !== undefined) return 'ip (iproute2) is not installed'
  const tried = spawnSync('unshare', ['-n', 'ip', 'link', 'add', 'try0', 'type', 'veth'])
  return tried.status === 0 ? null : 'virtual interfaces are not permitted here'
}

/** Why packets cannot be lost at random; null: they can. */
export function noPacketLoss(): string | null {
  const reason = noNamespace()
  if (reason !== null) return reason
  const loss = ['qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'loss', '10%']
  const tried = spawnSync('unshare', ['-n', 'tc', ...loss])
  return tried.status === 0 ? null : 'the kernel has no netem'
}

let cables = 0

export async function newNamespace(): Promise<Namespace> {
  const holder = spawn('unshare', ['-n', 'sleep', 'infinity'], { stdio: 'ignore' })
  const children: ChildProcess[] = [holder]
  const pid = String(holder.pid)
  const inside = ['nsenter', '-t', pid, '-n', '--']
  await untilApart(pid)
  await must([...inside, 'ip', 'link', 'set', 'lo', 'up'])
  return {
    launch: { prefix: inside },
    addCable: () => addCable(pid, inside),
    async relay(far, port) {
      const script = join(import.meta.dirname, 'relay.ts')
      const [program, ...args] = [...inside, process.execPath, script, far, String(port)]
      const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      children.push(child)
      const [line] = (await once(child.stdout, 'data')) as [Buffer]
      return Number(line.toString())
    },
    async [Symbol.asyncDispose]() {
      for (const child of children.toReversed()) {
        const exit = once(child, 'exit')
        child.kill('SIGKILL')
        await exit
      }
    },
  }
}

/** The holder is a process before it has its namespace. */
async function untilApart(pid: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const [own, its] = await Promise.all(
      ['self', pid].map((of) => run(['readlink', `/proc/${of}/ns/net`])),
    )
    if (its!.code === 0 && own!.output !== its!.output) return
  }
  throw new Error('the namespace was not made')
}

async function addCable(pid: string, inside: readonly string[]): Promise<Cable> {
  const number = cables++
  const name = `gl${process.pid % 100_000}x${number}`
  const net = `10.213.${process.pid % 256}.${(number % 64) * 4}`
  const [near, far] = [1, 2].map((host) => net.replace(/\d+$/, (base) => String(+base + host)))
  await must(['ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', name, 'netns', pid])
  await must(['ip', 'addr', 'add', `${near}/30`, 'dev', name])
  await must(['ip', 'link', 'set', name, 'up'])
  await must([...inside, 'ip', 'addr', 'add', `${far}/30`, 'dev', name])
  await must([...inside, 'ip', 'link', 'set', name, 'up'])
  return {
    near: near!,
    far: far!,
    pull: () => must(['ip', 'link', 'set', name, 'down']),
    plug: () => must(['ip', 'link', 'set', name, 'up']),
  }
}

async function must(command: readonly string[]): Promise<void> {
  const { code, output } = await run(command)
  if (code !== 0) throw new Error(`${command.join(' ')}: ${output}`)
}
