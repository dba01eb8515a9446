// Random sequences of what happens to the whole product, and what must be true after each.
import type { Test } from 'tap'
import { randomFrom } from './random.ts'
import { comeToRest, faultsAfterDeletion, faultsAtRest, standing } from './whole-checks.ts'
import { calmDown, happen } from './whole-happenings.ts'
import { type WholePlace, wholePlace } from './whole-place.ts'

const SHORTEST = 15
const LONGEST = 25

/** One sequence; the story of it when something was wrong. */
export async function playWholeSequence(t: Test, seed: number): Promise<string | undefined> {
  const random = randomFrom(seed)
  const place = await wholePlace(t, seed)
  const story: string[] = []
  const fails = async (faults: readonly string[]) =>
    [...story, ...(await standing(place)), ...logged(place), ...new Set(faults)].join('\n')
  const length = SHORTEST + Math.floor(random() * (LONGEST - SHORTEST + 1))
  for (let index = 0; index < length; index++) {
    const time = place.site.clock.now().toISOString()
    story.push(`${time} ${await happen(place, random)}`)
    const { broken, workers } = place.site
    if (broken.length + workers.broken.length > 0) return fails([...broken, ...workers.broken])
  }
  await calmDown(place)
  story.push(`${place.site.clock.now().toISOString()} it calms down`)
  const restless = await comeToRest(place)
  if (restless.length > 0) return fails(restless)
  const faults = await faultsAtRest(place)
  if (faults.length > 0) return fails(faults)
  const left = await faultsAfterDeletion(place)
  return left.length > 0 ? fails(left) : undefined
}

/** The last words of the controllers. */
function logged({ site }: WholePlace): string[] {
  return site.log
    .filter(({ level, error }) => level !== 'info' && level !== 'debug' && error !== 'killed')
    .slice(-5)
    .map(line => JSON.stringify(line))
}
