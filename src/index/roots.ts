import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { Database } from './database.ts';

/** A storage root, as the index knows it: its folder is a setting. */
export interface KnownRoot {
  /** UUID in its marker file. */
  readonly id: string;
  /** What the settings called it last. */
  readonly name: string;
}

/** The storage roots that there are, or were. */
export function rootsTable(database: Database, clock: Clock) {
  const { sqlite } = database;
  const selectAll = sqlite.prepare<[], KnownRoot>('select id, name from roots order by key');
  const selectById = sqlite.prepare<[string], KnownRoot>('select id, name from roots where id = ?');
  const selectByName = sqlite.prepare<[string], KnownRoot>('select id, name from roots where name = ?');
  const insert = sqlite.prepare('insert into roots (id, name, created_ms, claimed) values (?, ?, ?, 0)');
  const rename = sqlite.prepare('update roots set name = ? where id = ?');
  const selectClaimed = sqlite.prepare<[string], number>('select claimed from roots where id = ?').pluck();
  const claim = sqlite.prepare('update roots set claimed = 1 where id = ? and claimed = 0');
  const selectChoices = sqlite.prepare<[], { camera: number; name: string }>(
    'select cameras.key as camera, roots.name as name from cameras join roots on roots.key = root_key',
  );
  const choose = sqlite.prepare(
    'update cameras set root_key = (select key from roots where name = ?) where key = ?',
  );

  function add(id: string, name: string): KnownRoot {
    insert.run(id, name, Math.round(clock.now()));
    return { id, name };
  }

  /** The root that a marker speaks of has this name now; another root of the name gets one that says which it was. */
  function identify(id: string, name: string): KnownRoot {
    return database.transaction(() => {
      const holder = selectByName.get(name);
      if (holder && holder.id !== id)
        rename.run(`${name.slice(0, 50)} (${holder.id.slice(0, 8)})`, holder.id);
      if (!selectById.get(id)) add(id, name);
      else if (holder?.id !== id) rename.run(name, id);
      claim.run(id);
      return { id, name };
    });
  }

  /** The root of this name, with a new id where there is none. */
  function named(name: string): KnownRoot {
    return database.transaction(() => selectByName.get(name) ?? add(randomUUID(), name));
  }

  return {
    /** All that have a name or had one, oldest first. */
    list: (): KnownRoot[] => selectAll.all(),
    identify,
    named,

    /**
     * Finds the roots of the settings by the ids in their markers, and those that cannot say who they are by their names.
     * A camera that chose a name that is in the settings keeps to that name, whichever disk has it now.
     *
     * @returns their ids, in the same order
     */
    settle(roots: readonly { readonly name: string; readonly id: string | undefined }[]): string[] {
      return database.transaction(() => {
        const choices = selectChoices.all();
        // Those that say who they are come first: a name may have moved to another disk.
        for (const { id, name } of roots) if (id !== undefined) identify(id, name);
        const ids = roots.map(({ name }) => named(name).id);
        for (const { camera, name } of choices) {
          if (roots.some((root) => root.name === name)) choose.run(name, camera);
        }
        return ids;
      });
    },

    /** Its folder has its marker: from now on one without is a disk that is not mounted. */
    claim: (id: string): void => void claim.run(id),

    /** Whether its folder ever had its marker, also when no footage is left. */
    isClaimed: (id: string): boolean => selectClaimed.get(id) === 1,
  };
}

/** The integer keys of roots. */
export function rootKeys({ sqlite }: Database) {
  const select = sqlite.prepare<[string], number>('select key from roots where id = ?').pluck();
  return {
    require(rootId: string): number {
      const key = select.get(rootId);
      if (key !== undefined) return key;
      throw new NightjarError('internal', `There is no storage root ${rootId}.`);
    },
  };
}
