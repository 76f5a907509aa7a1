# %% [markdown]
# # Predictive maintenance
#
# Ten wind turbines report their speed and power every half hour. Which readings are out of order? The embedded engine
# says so, series by series: no key, no network, nothing to train.
#
# Azure's Anomaly Detector, for which this recipe was first told, was retired in 2026. The calls below go to an engine
# that speaks its protocol, in this very process.
#
# `pip install "dfai[local,plot,spark]"`. Spark needs Java; without it the last two parts say so.

# %%
import os
import shutil
import tempfile
import time
from pathlib import Path

import pandas as pd
from local_spark import local_spark
from telemetry import PER_DAY, telemetry

import dfai

OUT = Path("out")

# %% [markdown]
# ## Telemetry
#
# One row a reading. `fault` says what was done to a reading, so that we can count; the detector never sees it.

# %%
readings = telemetry()
print(f"{len(readings):,} readings of {readings['deviceId'].nunique()} devices.")
print(readings.head(4).to_string(index=False))

# %% [markdown]
# ## Find what is out of order
#
# Keep the speeds, and ask for each device's series as a whole. Rows come back in their own order, with the expected
# value, the range and the direction beside each.

# %%
rpm = readings[readings["unitSymbol"] == "RPM"]
start = time.perf_counter()
found = rpm.ai.detect_anomalies("measureValue", timestamp="dateTime", by="deviceId")
took_s = time.perf_counter() - start

columns = ["deviceId", "dateTime", "measureValue", "anomaly_expected", "anomaly_direction", "anomaly_severity"]
worst = found[found["anomaly"]].sort_values("anomaly_severity", ascending=False)
print(
    f"{len(found):,} points of {found['deviceId'].nunique()} series in {took_s:.2f} s; {len(worst)} are out of order."
)
print(worst[columns].head(6).to_string(index=False, float_format="{:.2f}".format))

# %% [markdown]
# ## How good is that?
#
# Precision: of the readings that were called out of order, how many were. Recall: of those that were, how many were
# found. A fault counts as found if any of its readings was.


# %%
def score(answered: pd.DataFrame) -> str:
    """Precision and recall against the labels, reading by reading, and how many faults were found."""
    answered = answered.sort_values(["deviceId", "dateTime"])
    flagged, faulty = answered["anomaly"].fillna(False).astype(bool), answered["fault"] != ""
    right = int((flagged & faulty).sum())
    begins = faulty & (answered["fault"] != answered.groupby("deviceId")["fault"].shift())
    faults = flagged[faulty].groupby(begins.cumsum()[faulty]).any()
    return (
        f"precision {right / max(1, int(flagged.sum())):.3f}, recall {right / int(faulty.sum()):.3f}; "
        f"{int(faults.sum())} of {len(faults)} faults found, {int((flagged & ~faulty).sum())} false alarms "
        f"in {len(answered):,} readings"
    )


print(score(found))

# %% [markdown]
# A higher sensitivity narrows the range: it finds more, and never fewer.

# %%
for sensitivity in (85, 95, 99):
    asked = rpm.ai.detect_anomalies("measureValue", timestamp="dateTime", by="deviceId", sensitivity=sensitivity)
    print(f"sensitivity {sensitivity}: {score(asked)}")

# %% [markdown]
# ## Look at it

# %%
OUT.mkdir(exist_ok=True)
most = worst["deviceId"].value_counts().index[:2]
panels = found[found["deviceId"].isin(most)].ai.plot_anomalies(
    "measureValue", timestamp="dateTime", by="deviceId", unit="RPM", title="Rotor speed"
)
panels[0].figure.savefig(OUT / "predictive_maintenance.png", dpi=130)
print(f"Chart: {OUT / 'predictive_maintenance.png'}")

# %% [markdown]
# ## The same on Spark, and SQL over the result
#
# The call is the same. The answers are columns like any others, so that SQL can ask what to repair first.

# %%
spark = local_spark("predictive maintenance")
if spark is not None:
    scored = (
        spark.createDataFrame(readings)
        .where("unitSymbol = 'RPM'")
        .ai.detect_anomalies("measureValue", timestamp="dateTime", by="deviceId")
    )
    scored.createOrReplaceTempView("scored")
    spark.sql("""
        SELECT deviceId,
               count_if(anomaly) AS anomalies,
               count_if(anomaly_direction = 'above') AS above,
               count_if(anomaly_direction = 'below') AS below,
               round(max(anomaly_severity), 2) AS worst,
               max_by(date_format(dateTime, 'yyyy-MM-dd HH:mm'), anomaly_severity) AS at
        FROM scored GROUP BY deviceId ORDER BY anomalies DESC, worst DESC LIMIT 5
    """).show(truncate=False)
    same = spark.sql("SELECT id, anomaly FROM scored WHERE anomaly").toPandas()["id"]
    print(f"The same {len(same)} readings as on pandas: {set(same) == set(worst['id'])}.")

# %% [markdown]
# ## The same on a stream
#
# Whole series need an end; a stream has none. There each reading is judged when it comes, by the last three days of its
# device, which Spark keeps in the query's checkpoint. Here a folder of files plays the stream: five devices, a file for
# four days.

# %%
if spark is not None:
    arriving = Path(tempfile.mkdtemp()) / "arriving"
    arriving.mkdir()
    five = rpm[rpm["deviceId"] <= "turbine-05"]
    for day, part in five.groupby(five["dateTime"].dt.floor("4D")):
        path = arriving / f"{day:%m-%d}.parquet"
        part.to_parquet(path, coerce_timestamps="us")
        os.utime(path, (day.timestamp(), day.timestamp()))  # Spark reads the older file first

    stream = spark.readStream.schema(spark.read.parquet(str(arriving)).schema).option("maxFilesPerTrigger", 1)
    judged = dfai.spark.rolling_anomalies(
        stream.parquet(str(arriving)),
        "measureValue",
        timestamp="dateTime",
        by="deviceId",
        window_points=3 * PER_DAY,
    )
    start = time.perf_counter()
    query = judged.writeStream.format("memory").queryName("judged").trigger(availableNow=True).start()
    query.awaitTermination()
    took_s = time.perf_counter() - start
    alarms = spark.table("judged").toPandas()
    early = alarms["dateTime"] < alarms["dateTime"].min() + pd.Timedelta(days=3)
    print(f"{len(alarms):,} readings as they came, in {took_s:.1f} s. After the first three days of each device:")
    print(score(alarms[~early]))
    shutil.rmtree(arriving.parent)
    spark.stop()
