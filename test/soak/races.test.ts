// The full numbers of flow/races.test.ts.
import t from 'tap'
import { crowdRounds, raceRounds, twinRounds } from '../helpers/race-rounds.ts'

t.test('C4 two imports at once into one branch, 20 rounds each', t => raceRounds(t, 20))

t.test('C5 ten imports at once into one file', t => crowdRounds(t, { rounds: 5, runs: 10 }))

t.test('C10 one run id in two processes at once makes one commit', t => twinRounds(t, 20))
