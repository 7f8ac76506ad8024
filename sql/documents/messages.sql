-- Made by `make documents` from limits.json and messages.json: what one call takes, and what both judges say.

-- The most items of arrays inside a document are in its JSON Schema.
create or replace function datastore.call_limits() returns jsonb
language sql immutable parallel safe
return '{"batch": 1000, "bytes": 67108864, "guesses": 50000}'::jsonb;
comment on function datastore.call_limits() is
  'What one call takes: batch, the most items of a batch of pictures, confirmations or inferences; bytes, the '
  'longest text of a document or a batch, in UTF-8; guesses, the most of all boxes of an inference.';

create or replace function datastore.wording(name text) returns text
language sql immutable parallel safe
return case name
  when 'numberRange' then
    'a number beyond 1e308 or below 1e-308, or of more than 1,000 digits'
  when 'maxDepth' then
    'more than 64 levels of objects and arrays'
  when 'batch' then
    'expected at most %s items in one call, found %s: make several calls'
  when 'bytes' then
    'expected at most %s bytes in one call, found %s'
  when 'guesses' then
    'expected at most %s guesses in all boxes together, found %s'
  when 'totalBoxes' then
    'expected %s, the number of boxes, found %s'
  when 'corners' then
    'expected at most %s, which is %s, found %s'
  when 'drawnBox' then
    'expected a boxId, or a box that was drawn, with box and a label or classId; found no boxId and no %s'
  when 'seed' then
    'expected a %s beside the empty %s, found none: both are empty for what is no seed, both are absent w'
    'here the top guess is right'
  when 'uniqueBoxId' then
    'expected each box once, found %s at /boxes/%s, too'
  when 'oneDefault' then
    'expected one default pipeline at most, found another one at /pipelines/%s'
  when 'uniquePipeline' then
    'expected each pipeline once, found %s at /pipelines/%s, too'
  when 'uniqueModel' then
    'expected each version of a model once, found %s%s at /models/%s, too'
  when 'twoSpellings' then
    'expected one spelling of the key, found %s and %s'
end;
comment on function datastore.wording(text) is
  'How both judges word what limits and rules find, for format(). name: as in sql/documents/messages.json.';
