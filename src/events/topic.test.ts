import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Topic } from './topic.ts';

test('listeners hear events in the order in which they came, until they end', () => {
  const topic = new Topic<string>();
  const heard: string[] = [];
  const endFirst = topic.subscribe((event) => heard.push(`first ${event}`));
  topic.subscribe((event) => heard.push(`second ${event}`));
  topic.publish('a');
  endFirst();
  endFirst();
  topic.publish('b');
  assert.deepEqual(heard, ['first a', 'second a', 'second b']);
  assert.equal(topic.listeners, 1);
});

test('a function that subscribes twice is two listeners', () => {
  const topic = new Topic<number>();
  let sum = 0;
  const listener = (event: number) => {
    sum += event;
  };
  const end = topic.subscribe(listener);
  topic.subscribe(listener);
  topic.publish(1);
  end();
  topic.publish(10);
  assert.equal(sum, 12);
});

test('who comes or goes during an event is counted from the next one on', () => {
  const topic = new Topic<string>();
  const heard: string[] = [];
  const end = topic.subscribe((event) => {
    heard.push(event);
    end();
    topic.subscribe((later) => heard.push(`late ${later}`));
  });
  topic.publish('a');
  topic.publish('b');
  assert.deepEqual(heard, ['a', 'late b']);
});

test('one listener too many is our mistake, and told', () => {
  const topic = new Topic<string>(2);
  topic.subscribe(() => {});
  const end = topic.subscribe(() => {});
  assert.throws(() => topic.subscribe(() => {}), new RangeError('more than 2 listeners'));
  end();
  topic.subscribe(() => {});
});
