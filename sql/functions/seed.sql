create or replace function datastore.rebuild_seeds() returns jsonb
language sql stable parallel safe
return (
  select jsonb_build_object('seeds', coalesce(jsonb_agg(jsonb_build_object(
    'seed_id', seed.seed_id, 'seed_name', seed.name, 'status', seed.status) order by seed.name), '[]'))
  from datastore.seed
  where seed.merged_into is null
);
comment on function datastore.rebuild_seeds() is
  'All species: {"seeds": [{seed_id, seed_name, status}]}, by name; without those that were merged into another one.';

-- Labels and their species

create or replace function datastore.species_name(label text) returns text
language sql immutable parallel safe
return (
  select case
    -- It would not fit into an index.
    when octet_length(folded.key) > 1000 then rtrim(left(folded.key, 200)) || ' ' || md5(folded.key)
    when datastore.seed_key(cleaned.name) = folded.key then cleaned.name
    else btrim(species_name.label)
  end
  -- offset 0: each is computed once, wherever it is used, and the name of a long label is not
  from (select datastore.seed_key(species_name.label) as key offset 0) as folded
  left join lateral (
    select btrim(regexp_replace(regexp_replace(regexp_replace(
             btrim(species_name.label, E' \t\r\n'), '^(["''])(.*)\1$', '\2'), '^\s*[0-9]+\s+', ''), '\s\s+|(?! )\s', ' ', 'g')) as name
    where octet_length(folded.key) <= 1000
    offset 0
  ) as cleaned on true
);
comment on function datastore.species_name(text) is
  'The name under which a label''s species is registered: the label without quotes and class number, unless that would be another species.';

create or replace function datastore.species_of(label text) returns uuid
language sql stable parallel safe
return (
  select coalesce(seed.merged_into, seed.seed_id)
  -- offset 0: computed once, and not for each species
  from (select datastore.seed_key(datastore.species_name(species_of.label)) as key offset 0) as said
  join datastore.seed on seed.key = said.key
);
comment on function datastore.species_of(text) is
  'The species that a label stands for, NULL if nobody knows it. datastore.label has the answer for labels that were seen before.';

create or replace function datastore.learn_labels(labels text[]) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform datastore.check_acting('datastore.label');
  -- In order, so that two calls do not wait for each other.
  insert into datastore.seed (name)
  select distinct on (named.key) named.name
  from (
    select species.name, datastore.seed_key(species.name) as key
    from (select distinct said.label from unnest(labels) as said(label)) as said
    cross join lateral datastore.species_name(said.label) as species(name)
    where not exists (select from datastore.label where label.label = said.label)
  ) as named
  where named.key <> ''
  order by named.key, named.name
  on conflict (key) do nothing;

  insert into datastore.label (label, seed_id)
  select said.label, species.seed_id
  from (select distinct said.label from unnest(labels) as said(label) where octet_length(said.label) <= 1000) as said
  cross join lateral datastore.species_of(said.label) as species(seed_id)
  where species.seed_id is not null
    and not exists (select from datastore.label where label.label = said.label)
  order by said.label
  on conflict (label) do nothing;
end
$$;
comment on function datastore.learn_labels(text[]) is
  'Finds the species of labels that were never seen before. A species that nobody knows is registered as unreviewed; a label that can name none, such as a pair of quotes, stays without.';

create or replace function datastore.seed_of_label(label text) returns uuid
language sql stable parallel safe
return coalesce((select label.seed_id from datastore.label where label.label = seed_of_label.label), datastore.species_of(seed_of_label.label));
comment on function datastore.seed_of_label(text) is 'The species of a label, seen before or not; NULL if nobody knows it.';

create or replace function datastore.known_seed(seed_id uuid) returns uuid
language sql stable parallel safe
return (select coalesce(seed.merged_into, seed.seed_id) from datastore.seed where seed.seed_id = known_seed.seed_id);
comment on function datastore.known_seed(uuid) is 'The species that an id stands for now: another one where it was merged. NULL if there is none.';

-- Pictures that are known to show a species

create or replace function datastore.seed_errors(documents jsonb)
returns table (instance_path text, keyword text, message text)
language sql stable parallel safe
begin atomic
  select '/' || (item.position - 1) || '/seed/seed_id', 'seed',
         case when seed.seed_id is null then 'there is no seed ' || (item.document #>> '{seed,seed_id}')
              else format('seed_id is %s, seed_name is %s: leave one out', to_json(seed.name), item.document #> '{seed,seed_name}') end
  from jsonb_array_elements(documents) with ordinality as item(document, position)
  left join datastore.seed on seed.seed_id = (item.document #>> '{seed,seed_id}')::uuid
  where (item.document #>> '{seed,seed_id}') is not null
    and (seed.seed_id is null
         or item.document #>> '{seed,seed_name}' is not null
            and coalesce(seed.merged_into, seed.seed_id) is distinct from datastore.seed_of_label(item.document #>> '{seed,seed_name}'));
end;
comment on function datastore.seed_errors(jsonb) is 'Pictures'' documents whose seed is unknown, or whose seed_id and seed_name differ.';

create or replace function datastore.check_seeds(documents jsonb) returns void
language plpgsql stable as $$
declare
  errors jsonb := (
    select jsonb_agg(jsonb_build_object('instance_path', error.instance_path, 'keyword', error.keyword, 'message', error.message))
    from datastore.seed_errors(documents) as error);
begin
  if errors is not null then
    perform datastore.refuse('DS400', 'invalid picture document', errors);
  end if;
end
$$;
comment on function datastore.check_seeds(jsonb) is 'Raises DS400 for a seed that is unknown, or contradicts itself.';

create or replace function datastore.said_seed(seed jsonb) returns table (seed_id uuid, name text)
language sql immutable parallel safe
begin atomic
  select (seed ->> 'seed_id')::uuid, case jsonb_typeof(seed) when 'string' then seed #>> '{}' else seed ->> 'seed_name' end
  where jsonb_typeof(seed) in ('string', 'object');
end;
comment on function datastore.said_seed(jsonb) is 'Key seed of a picture''s document: the species'' id, or its name. No row if none is said.';

create or replace function datastore.label_known(picture_ids uuid[], container_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform datastore.check_acting('datastore.picture_label');
  perform datastore.check_may_write(array[label_known.container_id]);
  perform datastore.learn_labels(array(
    select said.name
    from datastore.picture
    cross join lateral datastore.said_seed(picture.document -> 'seed') as said
    where picture.picture_id = any (picture_ids) and picture.container_id = label_known.container_id
      and said.seed_id is null));

  with shown as materialized (
    select picture.picture_id,
           case when said.seed_id is not null then datastore.known_seed(said.seed_id)
                else datastore.seed_of_label(said.name) end as seed_id
    from datastore.picture
    cross join lateral datastore.said_seed(picture.document -> 'seed') as said
    where picture.picture_id = any (picture_ids) and picture.container_id = label_known.container_id
  ), gone as (
    delete from datastore.picture_label as label
    where label.picture_id = any (picture_ids) and label.container_id = label_known.container_id and label.origin = 'known'
      and not exists (
        select from shown where shown.picture_id = label.picture_id and shown.seed_id = label.seed_id)
  )
  insert into datastore.picture_label (picture_id, container_id, seed_id, origin)
  select shown.picture_id, label_known.container_id, shown.seed_id, 'known'
  from shown
  where shown.seed_id is not null
  on conflict do nothing;
end
$$;
comment on function datastore.label_known(uuid[], uuid) is
  'Gives pictures of a container the label that their own documents say (key seed), and takes away another that they said before. An unknown species is registered as unreviewed. Errors: DS403.';

-- A person's look at what documents brought

create or replace function datastore.unreviewed_seeds() returns jsonb
language sql stable
return (
  select jsonb_build_object('seeds', coalesce(jsonb_agg(jsonb_build_object(
    'seed_id', seed.seed_id, 'seed_name', seed.name, 'status', seed.status,
    'labels', (select coalesce(jsonb_agg(label.label order by label.label), '[]') from datastore.label where label.seed_id = seed.seed_id),
    'first_seen', to_char(seed.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) order by seed.created_at, seed.name), '[]'))
  from datastore.seed
  where seed.status = 'unreviewed' and seed.merged_into is null
);
comment on function datastore.unreviewed_seeds() is
  'The species that wait for a person''s look, the oldest first: {"seeds": [{seed_id, seed_name, status, labels: as they were written, first_seen}]}. Then: datastore.accept_seed(uuid) or datastore.merge_seed(uuid, uuid).';

create or replace function datastore.seed_json(seed_id uuid) returns jsonb
language sql stable parallel safe
return (
  select jsonb_build_object('seed_id', seed.seed_id, 'seed_name', seed.name, 'status', seed.status)
  from datastore.seed where seed.seed_id = seed_json.seed_id
);
comment on function datastore.seed_json(uuid) is 'A species: {seed_id, seed_name, status}.';

create or replace function datastore.find_seed(seed_id uuid) returns datastore.seed
language plpgsql volatile as $$
declare
  found_seed datastore.seed;
begin
  select * into found_seed from datastore.seed where seed.seed_id = find_seed.seed_id for update;
  if not found then
    perform datastore.refuse('DS404', format('there is no seed %s', coalesce(find_seed.seed_id::text, 'NULL')));
  end if;
  return found_seed;
end
$$;
comment on function datastore.find_seed(uuid) is 'The row of a species, locked for a review. Errors: DS404.';

create or replace function datastore.find_species(name_or_id text) returns jsonb
language plpgsql stable as $$
declare
  -- A species that was merged is found by its own name: it is the one that a person asks for.
  found_id uuid := coalesce(
    case when jsonschema._is_uuid(name_or_id)
      then (select seed.seed_id from datastore.seed where seed.seed_id = name_or_id::uuid) end,
    (select seed.seed_id from datastore.seed where seed.key = datastore.seed_key(datastore.species_name(name_or_id))),
    datastore.seed_of_label(name_or_id));
begin
  if found_id is null then
    perform datastore.refuse('DS404', format('there is no species %s', coalesce(to_json(name_or_id)::text, 'NULL')));
  end if;
  return datastore.seed_json(found_id);
end
$$;
comment on function datastore.find_species(text) is
  'The species that a person names, by its id, its name or one of its labels: {seed_id, seed_name, status}. Errors: DS404.';

create or replace function datastore.accept_seed(seed_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  accepted datastore.seed;
begin
  perform datastore.check_acting('datastore.seed');
  perform datastore.check_site_role('verifier');
  accepted := datastore.find_seed(accept_seed.seed_id);
  if accepted.merged_into is not null then
    perform datastore.refuse('DS409', format('%s was merged into another species already', to_json(accepted.name)));
  end if;
  update datastore.seed
  set status = 'known', reviewed_at = now(), reviewed_by = datastore.acting_user()
  where seed.seed_id = accepted.seed_id and seed.status <> 'known';
  return datastore.seed_json(accepted.seed_id);
end
$$;
comment on function datastore.accept_seed(uuid) is
  'Accepts an unreviewed species: it is known from now on. Again: the same answer, {seed_id, seed_name, status}. Errors: DS403 for an acting user who is no verifier, DS404, DS409 for one that was merged.';

create or replace function datastore.merge_seed(seed_id uuid, into_seed_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  target datastore.seed;
  merged datastore.seed;
begin
  perform datastore.check_acting('datastore.seed');
  perform datastore.check_site_role('verifier');
  -- Imports and feedback read this table, so nobody looks up a species while it becomes another one.
  lock table datastore.label in access exclusive mode;
  target := datastore.find_seed(merge_seed.into_seed_id);
  merged := datastore.find_seed(merge_seed.seed_id);
  if merged.merged_into = target.seed_id then
    return datastore.seed_json(target.seed_id);
  end if;
  if target.status <> 'known' or target.merged_into is not null then
    perform datastore.refuse('DS409', format('%s is not a known species: accept it first', to_json(target.name)));
  end if;
  if merged.status = 'known' or merged.merged_into is not null then
    perform datastore.refuse('DS409', format('%s was reviewed already', to_json(merged.name)));
  end if;

  update datastore.seed
  set merged_into = target.seed_id, reviewed_at = now(), reviewed_by = datastore.acting_user()
  where seed.seed_id = merged.seed_id;
  update datastore.label set seed_id = target.seed_id where label.seed_id = merged.seed_id;

  insert into datastore.picture_label (picture_id, container_id, seed_id, origin, labelled_by, labelled_at)
  select label.picture_id, label.container_id, target.seed_id, label.origin, label.labelled_by, label.labelled_at
  from datastore.picture_label as label
  where label.seed_id = merged.seed_id
  on conflict do nothing;
  delete from datastore.picture_label where picture_label.seed_id = merged.seed_id;

  update datastore.inference set top_seed_id = target.seed_id where inference.top_seed_id = merged.seed_id;
  update datastore.box
  set seed_ids = array_replace(box.seed_ids, merged.seed_id, target.seed_id),
      seed_id = case when box.seed_id = merged.seed_id then target.seed_id else box.seed_id end
  where box.seed_id = merged.seed_id or merged.seed_id = any (box.seed_ids);
  update datastore.expert_guess set seed_id = target.seed_id where expert_guess.seed_id = merged.seed_id;
  update datastore.verdict
  set seed_id = case when verdict.seed_id = merged.seed_id then target.seed_id else verdict.seed_id end,
      model_seed_id = case when verdict.model_seed_id = merged.seed_id then target.seed_id else verdict.model_seed_id end
  where verdict.seed_id = merged.seed_id or verdict.model_seed_id = merged.seed_id;
  -- Where both were guessed there is one species less, so that others move up as well.
  update datastore.verdict
  set model_rank = datastore.rank_of(box.seed_ids, box.scores, verdict.seed_id)
  from datastore.box
  where target.seed_id = any (box.seed_ids) and box.box_id = verdict.box_id and box.container_id = verdict.container_id
    and verdict.model_rank is distinct from datastore.rank_of(box.seed_ids, box.scores, verdict.seed_id);
  perform datastore.refresh_error_handling(array(
    select distinct inference.picture_id
    from datastore.verdict join datastore.inference using (inference_id, container_id)
    where verdict.seed_id = target.seed_id));
  return datastore.seed_json(target.seed_id);
end
$$;
comment on function datastore.merge_seed(uuid, uuid) is
  'Merges an unreviewed species into a known one: its labels, in every document before and after, stand for that one. Reads every box, so it takes a while. Answers the known one, {seed_id, seed_name, status}. Errors: DS403 for an acting user who is no verifier, DS404, DS409 for one that was reviewed already, or a target that is not known.';
