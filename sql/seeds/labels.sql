create or replace function datastore.rebuild_seeds() returns jsonb
language sql stable parallel safe
return (
  select jsonb_build_object('seeds', coalesce(jsonb_agg(jsonb_build_object(
    'seed_id', seed.seed_id, 'seed_name', seed.name, 'status', seed.status) order by seed.name), '[]'))
  from datastore.seed
  where seed.merged_into is null
);
comment on function datastore.rebuild_seeds() is
'All species, by name. A new name is registered by the first picture that says it, with the
status `unreviewed`.

Answer: `{"seeds": [{seed_id, seed_name, status}]}`
Errors: none';

-- Labels and their species

create or replace function datastore.seed_name_of(label text) returns text
language sql immutable parallel safe
return (
  select case
    -- It would not fit into an index.
    when octet_length(folded.key) > 1000 then rtrim(left(folded.key, 200)) || ' ' || md5(folded.key)
    when datastore.seed_key(cleaned.name) = folded.key then cleaned.name
    else btrim(seed_name_of.label)
  end
  -- offset 0: each is computed once, wherever it is used, and the name of a long label is not
  from (select datastore.seed_key(seed_name_of.label) as key offset 0) as folded
  left join lateral (
    select btrim(regexp_replace(regexp_replace(regexp_replace(
             btrim(seed_name_of.label, E' \t\r\n'), '^(["''])(.*)\1$', '\2'), '^\s*[0-9]+\s+',
             ''), '\s\s+|(?! )\s', ' ', 'g')) as name
    where octet_length(folded.key) <= 1000
    offset 0
  ) as cleaned on true
);
comment on function datastore.seed_name_of(text) is
  'The name under which a label''s species is registered: the label without quotes and class number, unless that '
  'would be another species.';

create or replace function datastore.seed_of_new_label(label text) returns uuid
language sql stable parallel safe
return (
  select coalesce(seed.merged_into, seed.seed_id)
  -- offset 0: computed once, and not for each species
  from (select datastore.seed_key(datastore.seed_name_of(seed_of_new_label.label)) as key offset 0) as written
  join datastore.seed on seed.key = written.key
);
comment on function datastore.seed_of_new_label(text) is
  'The species that a label stands for, NULL for an unknown label. datastore.label has the answer for labels that '
  'were seen before.';

create or replace function datastore.learn_labels(labels text[]) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
-- A connection keeps its plans: one made while there were few species would read all of them for each label.
set enable_seqscan = off
as $$
declare
  new_labels text[];
  names text[];
  keys text[];
begin
  perform datastore.check_acting('datastore.label');
  -- Each once, because what a label stands for takes longer to say than to look up.
  select array_agg(written.label order by written.label), array_agg(species.name order by written.label),
         array_agg(datastore.seed_key(species.name) order by written.label)
  into new_labels, names, keys
  from (select distinct written.label from unnest(labels) as written(label)) as written
  left join lateral (
    select true from datastore.label where label.label = written.label limit 1
  ) as seen(is_seen) on true
  cross join lateral datastore.seed_name_of(written.label) as species(name)
  where seen.is_seen is null;

  -- In order, so that two calls do not wait for each other.
  insert into datastore.seed (name)
  select distinct on (named.key) named.name
  from unnest(names, keys) as named(name, key)
  where named.key <> ''
  order by named.key, named.name
  on conflict (key) do nothing;

  insert into datastore.label (label, seed_id)
  select written.label, species.seed_id
  from unnest(new_labels, keys) as written(label, key)
  cross join lateral (
    select coalesce(seed.merged_into, seed.seed_id) from datastore.seed where seed.key = written.key limit 1
  ) as species(seed_id)
  where octet_length(written.label) <= 1000
  order by written.label
  on conflict (label) do nothing;
end
$$;
comment on function datastore.learn_labels(text[]) is
  'Finds the species of labels that were never seen before. An unknown seed is registered as '
  'unreviewed; a label that can name none, such as a pair of quotes, stays without.';

create or replace function datastore.seed_of_label(label text) returns uuid
language sql stable parallel safe
return coalesce((select label.seed_id from datastore.label where label.label = seed_of_label.label),
  datastore.seed_of_new_label(seed_of_label.label));
comment on function datastore.seed_of_label(text) is
  'The species of a label, seen before or not; NULL if it is unknown.';

create or replace function datastore.known_seed(seed_id uuid) returns uuid
language sql stable parallel safe
return (select coalesce(seed.merged_into, seed.seed_id) from datastore.seed where seed.seed_id = known_seed.seed_id);
comment on function datastore.known_seed(uuid) is
  'The species that an id stands for now: another one where it was merged. NULL if there is none.';
