// Some random sequences in every test run; test/soak has many more.
import t from 'tap'
import { seededRandom } from '../helpers/random.ts'
import { playSequence } from '../helpers/random-sequences.ts'

t.test('laws hold whatever happens', async t => {
  const random = seededRandom(t)
  for (let round = 0; round < 4; round++) {
    const story = playSequence(random, 30)
    if (story !== undefined) t.fail(`round ${round}:\n${story}`)
  }
})
