// Many random sequences against the planners, a minute or two of them.
import t from 'tap'
import { seededRandom } from '../helpers/random.ts'
import { playSequence } from '../helpers/random-sequences.ts'

t.test('laws hold whatever happens, for 60 sequences', async t => {
  const random = seededRandom(t)
  for (let round = 0; round < 60; round++) {
    const story = playSequence(random, 60)
    t.equal(story, undefined, `round ${round}`)
  }
})
