-- A person's look at what documents brought

create or replace function datastore.unreviewed_seeds() returns jsonb
language sql stable
return (
  select jsonb_build_object('seeds', coalesce(jsonb_agg(jsonb_build_object(
    'seed_id', seed.seed_id, 'seed_name', seed.name, 'status', seed.status,
    'labels', (select coalesce(jsonb_agg(label.label order by label.label), '[]') from datastore.label
      where label.seed_id = seed.seed_id),
    'first_seen', to_char(seed.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
      order by seed.created_at, seed.name), '[]'))
  from datastore.seed
  where seed.status = 'unreviewed' and seed.merged_into is null
);
comment on function datastore.unreviewed_seeds() is
'The species that documents brought and that wait for a person''s look, the oldest first.

Answer: `{"seeds": [{seed_id, seed_name, status, labels, first_seen}]}`; `labels`: as they were written
Errors: none';

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

create or replace function datastore.find_seed_named(name_or_id text) returns jsonb
language plpgsql stable as $$
declare
  -- A species that was merged is found by its own name: it is the one that a person asks for.
  found_id uuid := coalesce(
    case when jsonschema._is_uuid_1(name_or_id)
      then (select seed.seed_id from datastore.seed where seed.seed_id = name_or_id::uuid) end,
    (select seed.seed_id from datastore.seed where seed.key = datastore.seed_key(datastore.seed_name_of(name_or_id))),
    datastore.seed_of_label(name_or_id));
begin
  if found_id is null then
    perform datastore.refuse('DS404', format('there is no species %s', coalesce(to_json(name_or_id)::text, 'NULL')));
  end if;
  return datastore.seed_json(found_id);
end
$$;
comment on function datastore.find_seed_named(text) is
'The species that a person names. One that was merged is found by its own name.

name_or_id: its id, its name, or one of its labels
Answer: `{seed_id, seed_name, status}`
Errors: `DS404`';

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
'Accepts an unreviewed species: it is `known` from now on. The same call again gives the same answer.

Answer: `{seed_id, seed_name, status}`
Errors: `DS403`: the acting user is no verifier · `DS404` · `DS409`: it was merged';

create or replace function datastore.merge_seed(seed_id uuid, into_seed_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  target datastore.seed;
  merged datastore.seed;
begin
  perform datastore.check_acting('datastore.seed');
  perform datastore.check_site_role('verifier');
  -- Imports and feedback read this table, so no seed is looked up while it becomes another one.
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
      model_seed_id = case when verdict.model_seed_id = merged.seed_id then target.seed_id
        else verdict.model_seed_id end
  where verdict.seed_id = merged.seed_id or verdict.model_seed_id = merged.seed_id;
  -- Where both were guessed there is one species less, so that others move up as well.
  update datastore.verdict
  set model_rank = datastore.rank_of(box.seed_ids, box.scores, verdict.seed_id)
  from datastore.box
  where target.seed_id = any (box.seed_ids) and box.box_id = verdict.box_id and box.container_id = verdict.container_id
    and verdict.model_rank is distinct from datastore.rank_of(box.seed_ids, box.scores, verdict.seed_id);
  perform datastore.refresh_picture_feedback(array(
    select distinct inference.picture_id
    from datastore.verdict join datastore.inference using (inference_id, container_id)
    where verdict.seed_id = target.seed_id));
  return datastore.seed_json(target.seed_id);
end
$$;
comment on function datastore.merge_seed(uuid, uuid) is
'Merges an unreviewed species into a known one: its labels stand for that one, in stored documents and in those
to come. Documents keep the labels as they were written. It reads every box, and imports wait meanwhile.

Answer: the known one, `{seed_id, seed_name, status}`
Errors: `DS403`: the acting user is no verifier · `DS404` · `DS409`: it was reviewed already, or the other one
  is not known';

-- What the history tells of these tables
do $$
begin
  perform datastore.audit_table('datastore.seed', '{name,status,merged_into}');
end
$$;
