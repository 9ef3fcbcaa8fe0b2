// Starts a Keycloak as install.sh has built it.
import { freeAddresses, type Peer, poll, spawnPeer } from './peers.ts'

/** Each start makes a database: half a minute of CPU, and minutes on a busy machine. */
export const KEYCLOAK_START_TIMEOUT_MS = 600_000

/** An HTTP server on loopback, with an administrator `admin` in the realm `master`. */
export async function startKeycloakPeer(
  adminPassword: string,
  flags: readonly string[] = [],
): Promise<Peer & { readonly url: string }> {
  const [address] = await freeAddresses(1)
  const url = `http://${address}`
  const place = ['--http-host=127.0.0.1', `--http-port=${address!.split(':')[1]}`]
  // Without `--optimized`, or as `start-dev`, it would build itself anew.
  const open = ['--optimized', '--cache=local', '--http-enabled=true', '--hostname-strict=false']
  const peer = spawnPeer('keycloak', () => ['start', ...open, ...place, ...flags], {
    KC_BOOTSTRAP_ADMIN_USERNAME: 'admin',
    KC_BOOTSTRAP_ADMIN_PASSWORD: adminPassword,
    JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx512m',
    // A start that takes little CPU rather than code that is fast later.
    JAVA_OPTS_APPEND: '-XX:TieredStopAtLevel=1',
  })
  await poll(peer, async () => (await fetch(`${url}/realms/master`)).ok, KEYCLOAK_START_TIMEOUT_MS)
  return { ...peer, url }
}
