// Log-ins at the web shop, good and bad.
import type { Step } from './step.ts'
import { expectStatus, type Person, type World } from './world.ts'

/** Remembers the tokens of a person's session at the shop. */
async function keepTokens(world: World, name: string, { shop }: Person): Promise<void> {
  world.memory.tokens.set(name, JSON.parse((await shop(200, '/tokens')).text))
}

export const logIns = [
  {
    name: 'wrong password',
    tells: 'Alice mistypes her password once, and gives up.',
    async run({ alice: { browser }, web }) {
      const { url } = await browser.open(`${web}/login`)
      const form = { name: 'alice', password: 'Tr0ub4dor' }
      expectStatus(401, await browser.open(url, { form }))
    },
  },
  {
    name: 'log-in',
    tells: 'Alice, an admin, logs in, consents, and the shop exchanges the code.',
    run: ({ alice }) => alice.logIn(),
  },
  {
    name: 'single sign-on',
    tells: 'Alice comes again: no password and no consent are asked for.',
    async run(world) {
      await world.alice.logIn()
      await keepTokens(world, 'alice', world.alice)
    },
  },
  {
    name: 'log-in, less granted',
    tells: 'Bob, a user, agrees to everything; his role allows less.',
    async run(world) {
      await world.bob.logIn()
      await keepTokens(world, 'bob', world.bob)
    },
  },
  {
    name: 'log-in of a guest',
    tells: 'Carol, a guest, gets tokens that live for seconds.',
    async run(world) {
      await world.carol.logIn()
      world.memory.guestSince = Date.now()
    },
  },
  {
    name: 'denied for role',
    tells: "Carol's token has the scope for orders; her role does not do.",
    run: ({ carol }) => carol.shop(403, '/api/orders'),
  },
  {
    name: 'password guessed',
    tells: "Mallory guesses alice's password three times and is turned away.",
    async run({ mallory, web }) {
      const { url } = await mallory.open(`${web}/login`)
      for (const password of ['qwertz-2026', 'alice+bob=2', 'correct horse']) {
        const answer = await mallory.open(url, { form: { name: 'alice', password } })
        expectStatus(password === 'correct horse' ? 400 : 401, answer)
      }
    },
  },
  {
    name: 'consent denied',
    tells: 'Alice, at home, logs in and says no.',
    async run({ aliceAtHome: { answers, browser }, web }) {
      const no = { ...answers, consents: false }
      expectStatus(400, await browser.logIn(`${web}/login`, no))
    },
  },
  {
    name: 'silent log-in refused',
    tells: 'The shop tries without any page, and nobody is logged in.',
    async run({ mallory, web }) {
      expectStatus(400, await mallory.open(`${web}/login?prompt=none`))
    },
  },
] as const satisfies readonly Step[]
