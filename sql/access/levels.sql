-- The levels at which a container is shared, and what each is needed for: the one place that names them in order.

do $$
declare
  -- Each may do what those before it may. A level that was released stays.
  levels text[] := array['reader', 'contributor', 'owner'];
begin
  if to_regtype('datastore.sharing_level') is null then
    execute format('create type datastore.sharing_level as enum (%s)', (
      select string_agg(quote_literal(level), ', ' order by place)
      from unnest(levels) with ordinality as listed(level, place)));
  end if;
  for place in reverse cardinality(levels) - 1 .. 1 loop
    -- Not enum_range(), which refuses to read a value that this transaction has added.
    if not exists (
      select from pg_enum where enumtypid = 'datastore.sharing_level'::regtype and enumlabel = levels[place]) then
      execute format('alter type datastore.sharing_level add value %L before %L', levels[place], levels[place + 1]);
    end if;
  end loop;
end
$$;
comment on type datastore.sharing_level is
  'What a user may do in a container, in order: each level may do what those before it may. The last one is its '
  'owner''s.';

create or replace function datastore.needed_level(deed text) returns datastore.sharing_level
language sql stable parallel safe
-- Cast when it runs: a level can be added and named in one transaction.
return (case deed
  when 'see' then 'reader'
  when 'judge' then 'contributor'
  when 'change' then 'contributor'
end)::datastore.sharing_level;
comment on function datastore.needed_level(text) is
  'The level that a user needs in a container. deed: see; judge: record feedback on inferences, and open them '
  'again; change: everything else that others than its owner may do. NULL for any other deed, which no level allows.';
