// After the traffic, where the receiver tells the authorization server what rules find: bob, whose
// refresh token was stolen, comes to the shop once more. Before, he was let in without a question.
import type { Step } from './step.ts'

export const askedAgain: Step = {
  name: 'asked again',
  tells: 'Bob, whose session was ended because of the theft, has to give his password.',
  async run({ bob, web }) {
    const { url } = await bob.browser.open(`${web}/login`)
    if (url.pathname.startsWith('/interaction/')) return
    throw new Error(`bob was let in without a password: he came to ${url.pathname}`)
  },
}
